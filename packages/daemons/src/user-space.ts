import type { MaySleep } from '@kernel-model/sim';
import {
  Completion,
  Cpumask,
  EXIT_DEAD,
  EXIT_ZOMBIE,
  kernelClone,
  releaseTask,
  type CloneArgs,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { flushSignalHandlers, forkSignals, forkThreadSignals, signalState, type Signals } from '@kernel-model/signals';
import { copyMm, newUserMm, type MmSubsystem } from '@kernel-model/mm';
import { UserProcess, type UserFn } from './user-process.ts';

/** How a process is started. */
export interface SpawnOptions {
  /** The one CPU it may run on; default: any. */
  readonly cpu?: number;
}

/** The processes of a machine. */
export class UserSpace {
  constructor(
    readonly s: Scheduler,
    readonly signals: Signals,
    readonly mm: MmSubsystem,
  ) {}

  /**
   * The current task starts a program in a child: fork and exec in one.
   * @returns the process, or -EAGAIN
   * @emits sched_process_fork, sched_wakeup_new
   */
  spawn(name: string, fn: UserFn, options: SpawnOptions = {}): MaySleep<Task | number> {
    const parent = this.s.current;
    return kernelClone(
      this.s,
      this.#args(name, fn, null, (p) => {
        forkSignals(p, parent);
        flushSignalHandlers(p, false);
        p.mm = p.activeMm = newUserMm(this.mm, name);
        if (options.cpu !== undefined) bind(p, options.cpu);
      }),
    );
  }

  /** The current process makes a child like itself. See {@link UserProcess.fork}. */
  fork(parent: UserProcess, fn: UserFn): MaySleep<Task | number> {
    const { task } = parent;
    return kernelClone(
      this.s,
      this.#args(task.comm, fn, parent, (p) => {
        forkSignals(p, task);
        copyMm(this.mm, p, task, false);
      }),
    );
  }

  /**
   * The current process gets another thread: it shares the address space, the handlers and what is sent to the process.
   * See {@link UserProcess.thread}.
   */
  thread(of: UserProcess, fn: UserFn, options: SpawnOptions = {}): MaySleep<Task | number> {
    const { task } = of;
    return kernelClone(this.s, {
      name: task.comm,
      kthread: false,
      fn: () => this.#startThread(fn, of),
      prepare: (p) => {
        forkThreadSignals(p, task);
        copyMm(this.mm, p, task, true);
        p.parent = task.parent;
        p.vforkDone = new Completion(`the exit of thread ${p.pid}`);
        if (options.cpu !== undefined) bind(p, options.cpu);
        return 0;
      },
    });
  }

  /**
   * Reap the children of a process that have exited.
   * @returns how many
   * @linux kernel/exit.c wait_task_zombie()
   */
  reap(parent: Task): number {
    let reaped = 0;
    for (const p of [...this.s.tasks.values()]) {
      if (p.parent !== parent || p.exitState !== EXIT_ZOMBIE || !signalState(p).group.single) continue;
      p.exitState = EXIT_DEAD;
      releaseTask(this.s, p);
      reaped++;
    }
    return reaped;
  }

  #args(name: string, fn: UserFn, parent: UserProcess | null, prepare: (p: Task) => void): CloneArgs {
    return {
      name,
      kthread: false,
      fn: () => this.#start(fn, parent),
      prepare: (p) => {
        prepare(p);
        return 0;
      },
    };
  }

  *#startThread(fn: UserFn, of: UserProcess): MaySleep<never> {
    return yield* UserProcess.threadOf(of, this.s.current).runThread(fn);
  }

  *#start(fn: UserFn, parent: UserProcess | null): MaySleep<never> {
    const me = this.s.current;
    const u = parent === null ? new UserProcess(this, me) : UserProcess.childOf(parent, me);
    return yield* u.run(fn);
  }
}

function bind(p: Task, cpu: number): void {
  p.cpusMask = p.cpusPtr = Cpumask.of(cpu);
  p.nrCpusAllowed = 1;
}
