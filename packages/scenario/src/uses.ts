import { CALLS, type CallName } from './calls.ts';
import type { Scenario, Statement, WhileStatement } from './program.ts';

/** Whether anything in a scenario waits for, or uses up, a time that it names: then passing time is a choice. */
export function usesTime(scenario: Scenario): boolean {
  return scenario.users.length > 0 || someCall(scenario, (call) => CALLS[call].args.some(isTime));
}

/** Whether a scenario moves threads that may be running, which takes the threads of the stopper and of CPU hotplug. */
export function movesThreads(scenario: Scenario): boolean {
  return scenario.machine.cpus > 1 && someCall(scenario, (call) => MOVES.includes(call));
}

/** Whether CPUs come and go, which takes the threads that see to it. */
export function movesCpus(scenario: Scenario): boolean {
  return someCall(scenario, (call) => call === 'remove_cpu' || call === 'add_cpu');
}

/** Whether works run in softirq context: what raises a softirq from a thread needs ksoftirqd to serve it. */
export function usesSoftirqs(scenario: Scenario): boolean {
  return [...scenario.workqueues.values()].some((wq) => wq.flags.includes('WQ_BH'));
}

/** Whether a loop does nothing but look again, so that turns in a row are as good as one. */
export function isPolling(loop: WhileStatement): boolean {
  return loop.body.every((st) => st.kind === 'call' && LETS_OTHERS_RUN.includes(st.call));
}

const MOVES: readonly CallName[] = ['set_cpus_allowed', 'remove_cpu', 'add_cpu'];

const LETS_OTHERS_RUN: readonly CallName[] = ['cond_resched', 'yield'];

function isTime(kind: string): boolean {
  return kind === 'ms' || kind === 'us';
}

function someCall(scenario: Scenario, test: (call: CallName) => boolean): boolean {
  const inBody = (body: readonly Statement[]): boolean =>
    body.some((st) => {
      if (st.kind === 'call') return test(st.call);
      return st.kind === 'if' ? inBody(st.then) || inBody(st.otherwise) : inBody(st.body);
    });
  return inBody(scenario.main) || [...scenario.functions.values()].some(inBody);
}
