import type { MaySleep, Step } from '@kernel-model/sim';
import { NOTHING, WaitQueueHead, msleep, waitEventInterruptible, wakeUpAll, type Task } from '@kernel-model/scheduler';
import type { Mm } from '@kernel-model/mm';
import type { Machine, UserProcess } from '@kernel-model/machine';
import type { UserOp, UserSpec } from './program.ts';

/** How long main lets the processes run before it begins, and how often it looks at the end whether they are gone, in ms. */
const HEAD_START_MS = 1;
const POLL_MS = 5;

/** The user processes of a scenario: each waits in a read until main lets all of them go. */
export class ScenarioUsers {
  readonly #machine: Machine;
  readonly #specs: readonly UserSpec[];
  readonly #waiting = new WaitQueueHead('waitqueue go');
  readonly #end = new WaitQueueHead('waitqueue end');
  readonly #tasks = new Map<string, Task>();
  #go = false;
  #over = false;
  #left: number;

  constructor(specs: readonly UserSpec[], machine: Machine) {
    this.#specs = specs;
    this.#machine = machine;
    this.#left = specs.length;
  }

  /** Start the processes; run by pid 1. */
  *start(): MaySleep<void> {
    for (const spec of this.#specs) {
      const options = spec.cpu < 0 ? {} : { cpu: spec.cpu };
      yield* this.#machine.startUser(spec.name, (u) => this.#program(u, spec), options);
    }
    if (this.#specs.length > 0)
      yield* this.#machine.startUser('cat', (u) => this.#watch(u), { cpu: this.#machine.sched.nrCpus - 1 });
  }

  /** Let them go, and run a little. */
  *release(): MaySleep<void> {
    const s = this.#machine.sched;
    if (this.#left === 0) return;
    this.#go = true;
    yield* wakeUpAll(s, this.#waiting);
    yield* msleep(s, HEAD_START_MS);
  }

  /** Wait until all are gone. */
  *join(): MaySleep<void> {
    while (this.#left > 0) yield* msleep(this.#machine.sched, POLL_MS);
    this.#over = true;
  }

  /** The address space of a process, or null if it has come to its end. */
  mmOf(name: string): Mm | null {
    const p = this.#tasks.get(name);
    return p === undefined ? null : this.#machine.mm.mmOf(p);
  }

  *#program(u: UserProcess, spec: UserSpec): MaySleep<void> {
    this.#tasks.set(spec.name, u.task);
    yield* u.call(waitEventInterruptible(this.#machine.sched, this.#waiting, () => this.#go));
    const tids: number[] = [];
    for (const { cpu, ops } of spec.threads)
      tids.push(yield* u.thread((t) => performAll(t, ops), cpu < 0 ? {} : { cpu }));
    yield* performAll(u, spec.ops);
    for (const tid of tids) yield* u.join(tid);
    yield* u.call(this.#close(spec.name));
  }

  /** Whoever has started all this waits for the end of it, in a process of its own. */
  *#watch(u: UserProcess): MaySleep<void> {
    yield* u.call(waitEventInterruptible(this.#machine.sched, this.#end, () => this.#over));
  }

  #close(name: string): Step<void> {
    this.#tasks.delete(name);
    this.#left--;
    return NOTHING;
  }
}

function* performAll(u: UserProcess, ops: readonly UserOp[]): MaySleep<void> {
  for (const op of ops) yield* perform(u, op);
}

function* perform(u: UserProcess, op: UserOp): MaySleep<void> {
  switch (op.kind) {
    case 'spin':
      yield* u.spin(op.amount);
      return;
    case 'sleep':
      yield* u.sleep(op.amount);
      return;
    case 'yield':
      yield* u.yield();
      return;
    case 'munmap': {
      const addr = yield* u.mmap(op.amount);
      yield* u.touch(addr, op.amount);
      yield* u.munmap(addr);
    }
  }
}
