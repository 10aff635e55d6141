import type { BlockedTask, Machine } from '@kernel-model/machine';
import type { Scenario, ScenarioOutcome } from '@kernel-model/scenario';

/** How a run ended, in words. */
export interface Verdict {
  /** `warn`: it came to its end, but not without the kernel complaining. */
  readonly kind: 'ok' | 'hang' | 'oops' | 'warn';
  /** One sentence without instants: the same failure has the same message in every run. Empty if all is well. */
  readonly message: string;
  /** Who waits for what since when, what the kernel printed: a line each. */
  readonly details: readonly string[];
}

/** Sum up a run that has ended. */
export function verdict(scenario: Scenario, machine: Machine, outcome: ScenarioOutcome): Verdict {
  const { reports } = machine.sched;
  const log = reports.lines.filter((line) => line.level !== 'info');
  const printed = log.map((line) => `[${seconds(line.atNs)}] ${line.text}${line.task === '' ? '' : ` (${line.task})`}`);
  const broken = reports.first('bug') ?? reports.first('warn');
  switch (outcome.kind) {
    case 'ok':
      // an oops that ended only the thread at fault
      if (broken?.level === 'bug') return { kind: 'oops', message: broken.text, details: printed };
      return { kind: broken ? 'warn' : 'ok', message: broken?.text ?? '', details: printed };
    case 'oops':
      return {
        kind: 'oops',
        message: outcome.error.message,
        details: [...printed, `${outcome.error.code} at ${seconds(outcome.atNs)} s, by ${runningTask(machine)}`],
      };
    case 'hang': {
      const waiting = outcome.blocked.filter((blocked) => concerns(scenario, blocked));
      return {
        kind: 'hang',
        message: [...new Set(waiting.map(waits)), ...(outcome.limit ? onCpus(machine) : [])].join('; '),
        details: [
          ...printed,
          outcome.limit
            ? `not finished at the limit, ${seconds(outcome.atNs)} s`
            : `at ${seconds(outcome.atNs)} s nothing is left to happen`,
          ...waiting.map((blocked) => `${waits(blocked)} since ${seconds(blocked.sinceNs)} s`),
          ...(outcome.limit ? onCpus(machine) : []),
        ],
      };
    }
  }
}

/** An instant as traces print it. */
export function seconds(ns: number): string {
  return (ns / 1e9).toFixed(6);
}

/** Is it one of the scenario's own threads, or in the middle of one of its works? Daemons that idle are of no interest. */
function concerns(scenario: Scenario, { task, state }: BlockedTask): boolean {
  const { comm } = task;
  const own = ['km_main', ...scenario.threads, ...scenario.workers, ...scenario.users.map((user) => user.name)];
  if (own.some((name) => name.slice(0, 15) === comm)) return true;
  return state.startsWith('D') || (comm.startsWith('kworker/') && state.startsWith('S'));
}

function waits({ task, state, waitsFor }: BlockedTask): string {
  return `${task.comm} (pid ${task.pid}, ${state}) waits for ${waitsFor === '' ? 'a wakeup' : waitsFor}`;
}

function onCpus({ sched }: Machine): string[] {
  return sched.rqs
    .filter((rq) => rq.curr !== rq.idle)
    .map((rq) => `${rq.curr.comm} (pid ${rq.curr.pid}, R) runs on CPU ${rq.cpu}`);
}

function runningTask({ sched }: Machine): string {
  if (sched.cpu < 0) return 'nobody';
  const { comm, pid } = sched.current;
  return `${comm} (pid ${pid}) on CPU ${sched.cpu}`;
}
