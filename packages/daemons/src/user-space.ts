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
import { SCHED_PREPARE_EXEC, SCHED_PROCESS_EXEC, type Probe } from '@kernel-model/trace';
import { flushSignalHandlers, forkSignals, forkThreadSignals, signalState, type Signals } from '@kernel-model/signals';
import { copyMm, newUserMm, type MmSubsystem } from '@kernel-model/mm';
import { UserProcess, type UserFn } from './user-process.ts';

/** How a process is started. */
export interface SpawnOptions {
  /** The one CPU it may run on; default: any. */
  readonly cpu?: number;
}

/** What pthread_create() asks for: memory, files, handlers and the process are shared. */
const THREAD_CLONE_FLAGS = 0x003d_0f00;

/** The processes of a machine. */
export class UserSpace {
  readonly #prepareExec: Probe;
  readonly #processExec: Probe;

  constructor(
    readonly s: Scheduler,
    readonly signals: Signals,
    readonly mm: MmSubsystem,
  ) {
    this.#prepareExec = s.hub.probe(SCHED_PREPARE_EXEC);
    this.#processExec = s.hub.probe(SCHED_PROCESS_EXEC);
  }

  /** The current task begins to become another program. @emits sched_prepare_exec @linux fs/exec.c begin_new_exec() */
  tracePrepareExec(name: string): void {
    if (!this.#prepareExec.enabled) return;
    const { hub, current } = this.s;
    const file = hub.intern(name);
    this.#prepareExec.emit(file, file, current.pid, current.commId);
  }

  /** The current task is another program. @emits sched_process_exec @linux fs/exec.c exec_binprm() */
  traceProcessExec(name: string): void {
    const { hub, current } = this.s;
    if (this.#processExec.enabled) this.#processExec.emit(hub.intern(name), current.pid, current.pid);
  }

  /**
   * The current task starts a program in a child: fork and exec in one.
   * @returns the process, or -EAGAIN
   * @emits sched_process_fork, sched_wakeup_new, sched_process_exec
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
      cloneFlags: THREAD_CLONE_FLAGS,
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
    if (parent === null) this.traceProcessExec(me.comm);
    const u = parent === null ? new UserProcess(this, me) : UserProcess.childOf(parent, me);
    return yield* u.run(fn);
  }
}

function bind(p: Task, cpu: number): void {
  p.cpusMask = p.cpusPtr = Cpumask.of(cpu);
  p.nrCpusAllowed = 1;
}
