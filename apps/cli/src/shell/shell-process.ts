import type { MaySleep } from '@kernel-model/sim';
import { TASK_INTERRUPTIBLE, TASK_RUNNING, schedule, wakeUpProcess, type Task } from '@kernel-model/scheduler';
import { SIGINT, SIGQUIT, SIGTERM, SIG_IGN } from '@kernel-model/signals';
import { UserSpace, type UserProcess } from '@kernel-model/daemons';
import type { Machine } from '@kernel-model/machine';

/** Signals that do not end a shell at its prompt. */
const IGNORED: readonly number[] = [SIGINT, SIGQUIT, SIGTERM];

/** The process on the machine that does what the shell is told: its system calls are made there. */
export class ShellProcess {
  /** null until it has been forked. */
  task: Task | null = null;
  readonly #requests: (() => MaySleep<void>)[] = [];
  readonly #machine: Machine;
  readonly #space: UserSpace;

  /** Fork it, as a child of pid 1. It exists when time has passed. */
  constructor(machine: Machine) {
    this.#machine = machine;
    this.#space = new UserSpace(machine.sched, machine.signals, machine.mm);
    machine.post(() => this.#spawn());
  }

  /** Waits for a command. */
  get ready(): boolean {
    return this.alive && this.#requests.length === 0 && this.task!.waitsFor === WAITS;
  }

  /** Has neither exited nor been killed. */
  get alive(): boolean {
    return this.task !== null && this.task.exitState === 0;
  }

  /** Have it run a function. It is done when time has passed, or never. */
  request(fn: () => MaySleep<void>): void {
    const { sched: s } = this.#machine;
    const { task } = this;
    this.#requests.push(fn);
    s.cpus[task!.cpu]!.interruptNow(() => void wakeUpProcess(s, task!));
  }

  *#spawn(): MaySleep<void> {
    const made = yield* this.#space.spawn('sh', (u) => this.#program(u));
    if (typeof made !== 'number') this.task = made;
  }

  *#program(u: UserProcess): MaySleep<never> {
    for (const sig of IGNORED) yield* u.signal(sig, SIG_IGN);
    for (;;) {
      yield* u.call(this.#read());
      const fn = this.#requests[0];
      if (fn === undefined) continue;
      yield* u.call(fn());
      this.#requests.shift();
    }
  }

  /** Wait for the keyboard. */
  *#read(): MaySleep<void> {
    const { sched: s } = this.#machine;
    const me = s.current;
    me.state = TASK_INTERRUPTIBLE;
    if (this.#requests.length === 0) {
      me.waitsFor = WAITS;
      yield* schedule(s);
      me.waitsFor = '';
    }
    me.state = TASK_RUNNING;
  }
}

/** What it waits for at its prompt, in words. */
const WAITS = 'a command';
