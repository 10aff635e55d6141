import {
  Cpumask,
  ESRCH,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_FLAG_RESET_ON_FORK,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
  schedSetaffinity,
  setUserNice,
  sysSchedSetattr,
  taskNice,
  type SchedAttr,
  type Task,
} from '@kernel-model/scheduler';
import { kill as sysKill } from '@kernel-model/signals';
import { ps } from '@kernel-model/procfs';
import { fail, type Command, type Invocation, type Paused } from './command.ts';
import { parseArguments } from './arguments.ts';
import { cpuList, parseCpuList, parseCpuMask } from './cpu-sets.ts';
import { SIGNAL_NAMES, signalOf } from './signal-names.ts';
import { strerror } from './strerror.ts';

/** Commands that show tasks and change them. */
export const TASK_COMMANDS: readonly Command[] = [
  { name: 'ps', usage: '[-ef | aux | -eo LIST | --ppid 2 ...]', about: 'tasks', run: psCommand },
  { name: 'kill', usage: '[-SIGNAL] PID...', about: 'send a signal', run: kill },
  { name: 'chrt', usage: '[-f|-r|-o|-b|-i|-d] [-p] [PRIO] PID', about: 'scheduling policy', run: chrt },
  { name: 'taskset', usage: '-p [-c] [MASK|LIST] PID', about: 'CPUs that a task may use', run: taskset },
  { name: 'renice', usage: '-n NICE -p PID...', about: 'nice value', run: renice },
];

function psCommand(c: Invocation): number {
  const { status, out, err } = ps(c.shell.files, c.args, c.shell.pid);
  c.out(out);
  c.err(err);
  return status;
}

function* kill(c: Invocation): Paused<number> {
  const { signal, pids } = killArguments(c.args);
  if (c.args[0] === '-l') {
    c.out(`${SIGNAL_NAMES.map((name, i) => `${String(i + 1).padStart(2)}) SIG${name}`).join('\n')}\n`);
    return 0;
  }
  if (signal === null) return fail(c, `${c.args[0]!.replace(/^-s?/, '') || c.args[1]}: invalid signal specification`);
  if (pids.length === 0) {
    return fail(c, 'usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]', 2);
  }
  const { signals } = c.shell.machine;
  let status = 0;
  for (const word of pids) {
    if (!/^-?\d+$/.test(word)) {
      status = fail(c, `${word}: arguments must be process or job IDs`);
      continue;
    }
    const sent = yield* c.shell.call(c, () => sysKill(signals, Number(word), signal));
    if ('failed' in sent) return sent.failed;
    if (sent.value < 0) status = fail(c, `(${word}) - ${strerror(sent.value)}`);
  }
  return status;
}

function killArguments(args: readonly string[]): { readonly signal: number | null; readonly pids: readonly string[] } {
  const [first = '', second = ''] = args;
  if (first === '-s' || first === '-n') return { signal: signalOf(second), pids: args.slice(2) };
  if (first === '--') return { signal: signalOf('TERM'), pids: args.slice(1) };
  if (first.startsWith('-')) return { signal: signalOf(first.slice(1)), pids: args.slice(args[1] === '--' ? 2 : 1) };
  return { signal: signalOf('TERM'), pids: args };
}

const POLICY_NAMES: ReadonlyMap<number, string> = new Map([
  [SCHED_NORMAL, 'SCHED_OTHER'],
  [SCHED_FIFO, 'SCHED_FIFO'],
  [SCHED_RR, 'SCHED_RR'],
  [SCHED_BATCH, 'SCHED_BATCH'],
  [SCHED_IDLE, 'SCHED_IDLE'],
  [SCHED_DEADLINE, 'SCHED_DEADLINE'],
]);

const POLICY_LETTERS: readonly (readonly [string, number])[] = [
  ['o', SCHED_NORMAL],
  ['f', SCHED_FIFO],
  ['r', SCHED_RR],
  ['b', SCHED_BATCH],
  ['i', SCHED_IDLE],
  ['d', SCHED_DEADLINE],
];

function* chrt(c: Invocation): Paused<number> {
  const parsed = parseArguments(withoutLong(c.args, CHRT_LONG), 'bdfiorRmvpT:D:P:');
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options, operands } = parsed;
  if (options.has('m')) return limits(c);
  if (!options.has('p')) return fail(c, 'only -p is supported: programs cannot be started here');
  if (operands.length < 1 || operands.length > 2) return fail(c, 'bad usage');
  const pid = Number(operands.at(-1));
  if (!Number.isInteger(pid)) return fail(c, `invalid PID argument: '${operands.at(-1)}'`);
  if (operands.length === 1) return showPolicy(c, pid, 'current');
  const priority = Number(operands[0]);
  if (!Number.isInteger(priority)) return fail(c, `invalid priority argument: '${operands[0]}'`);
  const policy = POLICY_LETTERS.find(([letter]) => options.has(letter))?.[1] ?? SCHED_RR;
  const rt = policy === SCHED_FIFO || policy === SCHED_RR;
  if (rt ? priority < 1 || priority > 99 : priority !== 0) {
    return fail(c, `unsupported priority value for the policy: ${priority}: see --max for valid range`);
  }
  const { sched: s } = c.shell.machine;
  const p = s.tasks.get(pid);
  const attr: SchedAttr = {
    policy,
    priority,
    flags: options.has('R') ? SCHED_FLAG_RESET_ON_FORK : 0,
    nice: p === undefined ? 0 : taskNice(p),
    ...(policy === SCHED_DEADLINE && {
      runtime: Number(options.get('T') ?? options.get('D') ?? options.get('P') ?? 0),
      deadline: Number(options.get('D') ?? options.get('P') ?? 0),
      period: Number(options.get('P') ?? 0),
    }),
  };
  const set = yield* c.shell.call(c, function* () {
    return sysSchedSetattr(s, pid, attr);
  });
  if ('failed' in set) return set.failed;
  if (set.value < 0) return fail(c, `failed to set pid ${pid}'s policy: ${strerror(set.value)}`);
  return options.has('v') ? showPolicy(c, pid, 'new') : 0;
}

const CHRT_LONG: Readonly<Record<string, string>> = {
  '--batch': '-b',
  '--deadline': '-d',
  '--fifo': '-f',
  '--idle': '-i',
  '--max': '-m',
  '--other': '-o',
  '--pid': '-p',
  '--reset-on-fork': '-R',
  '--rr': '-r',
  '--sched-deadline': '-D',
  '--sched-period': '-P',
  '--sched-runtime': '-T',
  '--verbose': '-v',
};

function withoutLong(args: readonly string[], names: Readonly<Record<string, string>>): string[] {
  return args.flatMap((arg) => {
    const [name, value] = arg.split('=', 2) as [string, string | undefined];
    const short = names[name];
    return short === undefined ? [arg] : value === undefined ? [short] : [short, value];
  });
}

function showPolicy(c: Invocation, pid: number, which: string): number {
  const p = pid === 0 ? c.shell.machine.sched.tasks.get(c.shell.pid) : c.shell.machine.sched.tasks.get(pid);
  if (p === undefined) return fail(c, `failed to get pid ${pid}'s policy: ${strerror(ESRCH)}`);
  const reset = p.resetOnFork ? '|SCHED_RESET_ON_FORK' : '';
  c.out(`pid ${pid}'s ${which} scheduling policy: ${POLICY_NAMES.get(p.policy)}${reset}\n`);
  c.out(`pid ${pid}'s ${which} scheduling priority: ${p.rtPriority}\n`);
  if (p.policy === SCHED_DEADLINE) {
    const { dlRuntime, dlDeadline, dlPeriod } = p.dl;
    c.out(`pid ${pid}'s ${which} runtime/deadline/period parameters: ${dlRuntime}/${dlDeadline}/${dlPeriod}\n`);
  }
  return 0;
}

function limits(c: Invocation): number {
  for (const [policy, name] of POLICY_NAMES) {
    c.out(`${name} min/max priority\t: ${policy === SCHED_FIFO || policy === SCHED_RR ? '1/99' : '0/0'}\n`);
  }
  return 0;
}

function* taskset(c: Invocation): Paused<number> {
  const parsed = parseArguments(withoutLong(c.args, { '--pid': '-p', '--cpu-list': '-c', '--all-tasks': '-a' }), 'apc');
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options, operands } = parsed;
  if (!options.has('p')) return fail(c, 'only -p is supported: programs cannot be started here');
  if (operands.length < 1 || operands.length > 2) return fail(c, 'bad usage');
  const list = options.has('c');
  const pid = Number(operands.at(-1));
  if (!Number.isInteger(pid)) return fail(c, `invalid PID argument: '${operands.at(-1)}'`);
  const wanted = operands.length === 1 ? null : (list ? parseCpuList : parseCpuMask)(operands[0]!);
  if (wanted === undefined) return fail(c, `failed to parse CPU ${list ? 'list' : 'mask'}: ${operands[0]}`);
  const { sched: s } = c.shell.machine;
  const p = s.tasks.get(pid === 0 ? c.shell.pid : pid);
  if (p === undefined) return fail(c, `failed to get pid ${pid}'s affinity: ${strerror(ESRCH)}`);
  const show = (which: string): void => {
    const text = list ? cpuList(p.cpusMask) : maskText(p.cpusMask);
    c.out(`pid ${pid}'s ${which} affinity ${list ? 'list' : 'mask'}: ${text}\n`);
  };
  show('current');
  if (wanted === null) return 0;
  const set = yield* c.shell.call(c, () => schedSetaffinity(s, p, wanted));
  if ('failed' in set) return set.failed;
  if (set.value < 0) return fail(c, `failed to set pid ${pid}'s affinity: ${strerror(set.value)}`);
  show('new');
  return 0;
}

function maskText(mask: Cpumask): string {
  return mask.hi === 0 ? mask.lo.toString(16) : mask.hi.toString(16) + mask.lo.toString(16).padStart(8, '0');
}

function* renice(c: Invocation): Paused<number> {
  const args = withoutLong(c.args, { '--priority': '-n', '--pid': '-p' });
  const [first = ''] = args;
  const words = /^[+-]?\d+$/.test(first) ? ['-n', ...args] : args;
  if (words[0] !== '-n' || words.length < 3) return fail(c, 'not enough arguments');
  const nice = Number(words[1]);
  if (!Number.isInteger(nice)) return fail(c, `invalid priority '${words[1]}'`);
  const { sched: s } = c.shell.machine;
  let status = 0;
  for (const word of words.slice(2)) {
    if (word === '-p') continue;
    const p = s.tasks.get(Number(word));
    if (!/^\d+$/.test(word)) {
      status = fail(c, `bad process ID value: ${word}`);
    } else if (p === undefined) {
      status = fail(c, `failed to get priority for ${word} (process ID): ${strerror(ESRCH)}`);
    } else {
      const failed = yield* reniceTask(c, p, Math.max(-20, Math.min(19, nice)));
      if (failed !== 0) return failed;
    }
  }
  return status;
}

function* reniceTask(c: Invocation, p: Task, nice: number): Paused<number> {
  const { sched: s } = c.shell.machine;
  const old = taskNice(p);
  const set = yield* c.shell.call(c, function* () {
    setUserNice(s, p, nice);
  });
  if ('failed' in set) return set.failed;
  c.out(`${p.pid} (process ID) old priority ${old}, new priority ${taskNice(p)}\n`);
  return 0;
}
