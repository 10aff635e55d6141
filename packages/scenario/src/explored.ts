import { POINT, type Access, type Choice, type Chooser, type MaySleep, type Memory } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';
import type { Machine } from '@kernel-model/machine';

/**
 * Stands between the machine of an explored scenario and its chooser, and leaves to the chooser only what a scenario is
 * about:
 *
 * - while threads, workers and workqueues are made, nobody else acts, so that their creation is one step of the caller;
 * - time passes when nothing is left to do, and before that a limited number of times: otherwise every step could be
 *   followed by any number of ticks, and no search would come to an end.
 */
export class ExploredChoices implements Chooser {
  readonly #chooser: Chooser;
  /** How often time may still pass although something is left to do. */
  #earlyTimers: number;
  /** While positive, the chooser is not asked. Starts so: how `km_main` comes to be is not explored. */
  #holds = 1;
  /** Whose creation call it is that others wait for; null during boot. */
  #creator: Task | null = null;
  #machine: Machine | null = null;
  /** By lane, the CPU whose code it runs; undefined for lanes of interrupts. */
  readonly #cpuOfLane: number[] = [];
  readonly #made = new Set<Task>();
  #nextCpu = 0;

  constructor(chooser: Chooser, earlyTimers: number) {
    this.#chooser = chooser;
    this.#earlyTimers = earlyTimers;
  }

  /** The machine has booted; `km_main` is about to run `main`. */
  begin(machine: Machine, main: Task): void {
    this.#machine = machine;
    for (const cpu of machine.sched.cpus) this.#cpuOfLane[cpu.lanes[0]!] = cpu.id;
    this.#made.add(main);
    this.#nextCpu = main.cpu;
    this.#holds = 0;
  }

  /** Run a call as one step of the caller: meanwhile he and those who work for him act alone. @returns its result */
  *asOneStep<T>(call: MaySleep<T>): MaySleep<T> {
    this.#holds++;
    this.#creator = this.#machine!.sched.current;
    const result = yield* call;
    yield POINT;
    this.#holds--;
    this.#creator = null;
    return result;
  }

  /**
   * A thread was made: it will start on the next CPU in turn, if it may. Left to itself it would start where the
   * creation happened to leave an idle CPU.
   */
  place(p: Task): void {
    const { sched } = this.#machine!;
    this.#made.add(p);
    this.#nextCpu = (this.#nextCpu + 1) % sched.nrCpus;
    if (p.cpusPtr.has(this.#nextCpu)) p.wakeCpu = this.#nextCpu;
  }

  /** Run the creation of a thread as one step of the caller. @returns its result: the thread, or an errno */
  *making(creation: MaySleep<Task | number>): MaySleep<Task | number> {
    const p = yield* this.asOneStep(creation);
    if (typeof p !== 'number') this.place(p);
    return p;
  }

  get memory(): Memory {
    return this.#chooser.memory ?? 'sc';
  }

  choose(choices: readonly Choice[]): number {
    if (this.#holds > 0) return this.#forTheCreator(choices);
    if (choices[0]!.future) return this.#chooser.choose(choices);
    if (this.#earlyTimers === 0) return this.#chooser.choose(dueOf(choices));
    const i = this.#chooser.choose(choices);
    if (i >= 0 && choices[i]!.future) this.#earlyTimers--;
    return i;
  }

  access(access: Access, announced: boolean): void {
    if (this.#holds === 0) this.#chooser.access(access, announced);
  }

  posted(from: number, to: number): void {
    if (this.#holds === 0) this.#chooser.posted?.(from, to);
  }

  takenBack(lane: number): void {
    if (this.#holds === 0) this.#chooser.takenBack?.(lane);
  }

  pick(name: string, n: number): number {
    return this.#holds === 0 ? this.#chooser.pick(name, n) : 0;
  }

  /** Those who work for the creator first, then the creator, and the others only if there is no other way. */
  #forTheCreator(choices: readonly Choice[]): number {
    if (this.#creator === null) return 0;
    let creator = -1;
    for (let i = 0; i < choices.length && !choices[i]!.future; i++) {
      const cpu = this.#cpuOfLane[choices[i]!.lane];
      const task = cpu === undefined ? null : this.#machine!.sched.rqs[cpu]!.curr;
      if (task === this.#creator) creator = i;
      else if (task === null || !this.#made.has(task)) return i;
    }
    return Math.max(creator, 0);
  }
}

/** Those at the front that need no time to pass. */
function dueOf(choices: readonly Choice[]): readonly Choice[] {
  let due = 1;
  while (due < choices.length && !choices[due]!.future) due++;
  return due === choices.length ? choices : choices.slice(0, due);
}
