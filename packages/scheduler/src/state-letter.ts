import { EXIT_DEAD, EXIT_ZOMBIE, TASK_FROZEN, TASK_IDLE, TASK_RTLOCK_WAIT, TASK_UNINTERRUPTIBLE } from './constants.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

const LETTERS = 'RSDTtXZPI';
const TASK_REPORT = 0x7f;
const TASK_REPORT_IDLE = 0x80;

/** The letter that ps shows for a state: one of "RSDTtXZPI". @linux include/linux/sched.h __task_state_index() */
export function stateLetter(state: number, exitState: number): string {
  return LETTERS[stateIndex(state, exitState)]!;
}

function stateIndex(state: number, exitState: number): number {
  let report = (state | exitState) & TASK_REPORT;
  if ((state & TASK_IDLE) === TASK_IDLE) report = TASK_REPORT_IDLE;
  if ((state & (TASK_RTLOCK_WAIT | TASK_FROZEN)) !== 0) report = TASK_UNINTERRUPTIBLE;
  return 32 - Math.clz32(report);
}

/** The prev_state of sched_switch in the hub's string table: a letter, or R+ for a preempted task. */
export function stateLetterId(s: Scheduler, preempted: boolean, p: Task): number {
  if (preempted) return s.letterIds.preempted;
  return s.letterIds.of(stateIndex(p.state, p.exitState & (EXIT_DEAD | EXIT_ZOMBIE)));
}

/** The state letters in the string table of one hub. */
export class LetterIds {
  readonly preempted: number;
  readonly #ids: readonly number[];

  constructor(intern: (text: string) => number) {
    this.preempted = intern('R+');
    this.#ids = [...LETTERS].map(intern);
  }

  /** Id of the letter at an index of "RSDTtXZPI". */
  of(index: number): number {
    return this.#ids[index]!;
  }
}
