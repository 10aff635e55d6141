import type { Access, Choice, Chooser, MaySleep, Memory } from '@kernel-model/sim';
import { getTaskStruct, wakeUpProcess, type Task } from '@kernel-model/scheduler';
import { isErr, kthreadBind, kthreadCreate } from '@kernel-model/kthread';
import type { Outcome, Run } from '@kernel-model/explore';
import { BootChooser, boot, type Machine, type BootConfig } from '@kernel-model/machine';

/** Time passes when nothing is left to do: with any number of ticks after every step, no search would end. */
class TimeLast implements Chooser {
  constructor(readonly inner: Chooser) {}

  get memory(): Memory {
    return this.inner.memory ?? 'sc';
  }

  choose(choices: readonly Choice[]): number {
    const due = choices.filter((choice) => !choice.future);
    if (due.length === 0) return 0;
    const i = this.inner.choose(due);
    return i < 0 ? i : choices.indexOf(due[i]!);
  }

  access(access: Access, announced: boolean): void {
    this.inner.access(access, announced);
  }

  posted(from: number, to: number): void {
    this.inner.posted?.(from, to);
  }

  takenBack(lane: number): void {
    this.inner.takenBack?.(lane);
  }

  pick(name: string, n: number): number {
    return this.inner.pick(name, n);
  }
}

/**
 * A race between threads of two CPUs: {@link setUp} runs alone and makes them with {@link racer}; when all is quiet they
 * start, and from there every interleaving is explored.
 */
export abstract class Race implements Run {
  readonly machine: Machine;
  readonly #chooser: BootChooser;
  readonly #racers: Task[] = [];
  #left = 0;
  #ready = false;

  constructor(chooser: Chooser, config: BootConfig = {}) {
    this.#chooser = new BootChooser(new TimeLast(chooser));
    this.machine = boot({ cpus: 2, ...config, chooser: this.#chooser });
    this.machine.post(() => this.#setUp());
  }

  /** Prepare, in a task of its own, before anything is explored. */
  protected abstract setUp(): MaySleep<void>;

  /** How the race ended. @param left number of racers that did not come to their end */
  protected abstract outcome(left: number): Outcome;

  /** Make a thread bound to a CPU; it starts with the race. */
  protected *racer(name: string, cpu: number, fn: () => MaySleep<unknown>): MaySleep<void> {
    const { kthreads } = this.machine;
    const body = function* (this: Race): MaySleep<number> {
      yield* fn();
      this.#left--;
      return 0;
    };
    const p = yield* kthreadCreate(kthreads, () => body.call(this), null, name);
    if (isErr(p)) throw new Error('no thread');
    yield* kthreadBind(kthreads, p, cpu);
    this.#racers.push(getTaskStruct(p));
    this.#left++;
  }

  *#setUp(): MaySleep<void> {
    yield* this.setUp();
    this.#ready = true;
  }

  /** The race is over: by default when all racers are, or nothing is left to happen. */
  protected isOver(left: number): boolean {
    return left === 0;
  }

  run(): Outcome {
    const { machine } = this;
    const { sched } = machine;
    machine.run(() => this.#ready && sched.rqs.every((rq) => rq.curr === rq.idle && !rq.ttwuPending));
    for (const p of this.#racers) sched.cpus[p.cpu]!.interruptNow(() => void wakeUpProcess(sched, p));
    // from here on, every interleaving
    this.#chooser.booted = true;
    const result = machine.run(() => this.isOver(this.#left));
    return result.kind === 'oops' ? { kind: 'oops', message: result.error.message } : this.outcome(this.#left);
  }

  laneName(lane: number): string {
    return this.machine.sim.laneName(lane);
  }
}
