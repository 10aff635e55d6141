import { POINT, READ, type MaySleep } from '@kernel-model/sim';
import {
  EINTR,
  TASK_FREEZABLE,
  TASK_INTERRUPTIBLE,
  doExit,
  nsToSliceEnd,
  preemptCheckResched,
  rtOrDlTask,
  schedule,
  scheduleHrtimeoutRange,
  setTaskComm,
  taskSchedRuntime,
  waitForCompletionInterruptible,
  yieldCpu,
  type Completion,
  type Task,
} from '@kernel-model/scheduler';
import {
  SIG_SETMASK,
  SigAction,
  SigSet,
  deThread,
  doGroupExit,
  flushSignalHandlers,
  getSignal,
  kernelWait,
  kill,
  setChildSubreaper,
  sigaction,
  signalDelivered,
  signalPending,
  signalState,
  userSigprocmask,
  type KSignal,
} from '@kernel-model/signals';
import {
  PAGE_SIZE,
  doAnonymousPage,
  doMmap,
  doMunmap,
  execMmap,
  faultAtOnce,
  newUserMm,
  wpPageCopy,
  type Mm,
} from '@kernel-model/mm';
import type { SpawnOptions, UserSpace } from './user-space.ts';

/** A program: what a process runs in user mode. Its result, 0 if there is none, is its exit status. */
export type UserFn = (u: UserProcess) => MaySleep<number | void>;
/** What a process does when a signal comes. */
export type UserHandler = (u: UserProcess, sig: number) => MaySleep<void>;

/** How much later than asked for an ordinary task may be woken, in ns: timers share interrupts. @linux include/linux/init_task.h timer_slack_ns */
export const TIMER_SLACK_NS = 50_000;
/** What a look at the CPU clock takes, in ns. */
const LOOK_NS = 2500;
/** Where the handlers of signals lie; the address is a field of signal_deliver. */
const HANDLER_BASE = 0x525892;
/** Flag of an action: the C library says how a handler returns. @linux arch/x86/include/uapi/asm/signal.h SA_RESTORER */
const SA_RESTORER = 0x04000000;

/**
 * What the program of a process may do: compute, and make system calls. In between the task is in user mode, where an
 * interrupt may switch to another task whatever the preemption model; signals are delivered on the way there.
 */
export class UserProcess {
  readonly task: Task;
  readonly #space: UserSpace;
  /** Shared by the threads of a process. */
  readonly #handlers: UserHandler[];
  /** What waits for the exit of each thread that this one has made, by thread id. */
  readonly #threads: Map<number, Completion> = new Map();

  /** @param handlers what a forked process starts with, and a thread shares */
  constructor(space: UserSpace, task: Task, handlers: UserHandler[] = []) {
    this.#space = space;
    this.task = task;
    this.#handlers = handlers;
  }

  /** A child of another process. */
  static childOf(parent: UserProcess, task: Task): UserProcess {
    return new UserProcess(parent.#space, task, [...parent.#handlers]);
  }

  /** A thread of the same process. */
  static threadOf(other: UserProcess, task: Task): UserProcess {
    return new UserProcess(other.#space, task, other.#handlers);
  }

  /** The process's id, which all its threads have. @linux kernel/sys.c sys_getpid() */
  get pid(): number {
    return signalState(this.task).group.leader.pid;
  }

  /** Run a program to its end, and exit. */
  *run(fn: UserFn): MaySleep<never> {
    yield* this.#toUser();
    return yield* this.exit((yield* fn(this)) ?? 0);
  }

  /** As {@link run}, in a thread: its end is not the end of the process. */
  *runThread(fn: UserFn): MaySleep<never> {
    yield* this.#toUser();
    return yield* this.exitThread((yield* fn(this)) ?? 0);
  }

  /** Compute for us microseconds of CPU time, without a system call. On an explored machine no time passes. */
  compute(us: number): MaySleep<void> {
    return this.#compute(us * 1000);
  }

  /**
   * Look at the own CPU clock in a loop until it has moved on by us microseconds. Each look is a system call that
   * accounts the time: a slice ends when it ends, not at the next tick.
   */
  *spin(us: number): MaySleep<void> {
    const { s } = this.#space;
    const p = this.task;
    if (s.sim.explored) {
      yield* this.#compute(0);
      return;
    }
    const until = cpuTimeNs(p) + us * 1000;
    for (let left = us * 1000; left > 0; left = until - cpuTimeNs(p)) {
      yield* this.#compute(Math.min(left, Math.max(nsToSliceEnd(s, p), LOOK_NS)));
      taskSchedRuntime(s, p);
      p.inUser = false;
      yield* preemptCheckResched(s);
      yield* this.#toUser();
    }
  }

  /** Let others run. @linux kernel/sched/syscalls.c sys_sched_yield() */
  yield(): MaySleep<void> {
    return this.call(yieldCpu(this.#space.s));
  }

  /**
   * Sleep. Ordinary tasks may sleep up to 50 us longer.
   * @returns 0, or -EINTR if a signal was handled
   * @linux kernel/time/hrtimer.c sys_nanosleep()
   */
  sleep(us: number): MaySleep<number> {
    return this.call(this.#nanosleep(us * 1000));
  }

  /** Map pages of memory; none is present yet. @returns the address @linux mm/mmap.c sys_mmap() */
  *mmap(nrPages: number): MaySleep<number> {
    this.#enter();
    const addr = doMmap(this.#mm, nrPages);
    yield* this.#toUser();
    return addr;
  }

  /** Write to pages: each that is not present faults, which may reclaim memory, or have somebody killed for it. */
  *touch(addr: number, nrPages: number): MaySleep<void> {
    const { mm } = this.#space;
    for (let done = 0; done < nrPages;) {
      const at = addr + done * PAGE_SIZE;
      const before = this.#mm.pages.size;
      const present = faultAtOnce(mm, this.#mm, at, nrPages - done);
      done += present;
      // one that was not to be had is tried again, unless the process is to die
      if (present === 0 && (yield* this.call(doAnonymousPage(mm, this.#mm, at)))) done++;
      yield* this.#compute((this.#mm.pages.size - before) * mm.costs.fault);
    }
  }

  /** Unmap what {@link mmap} mapped. @emits tlb_flush if a page was present @linux mm/mmap.c sys_munmap() */
  munmap(addr: number): MaySleep<void> {
    return this.call(doMunmap(this.#space.mm, this.#mm, addr));
  }

  /** Write to a page that the parent, or the program's file, has too: it is copied. @emits tlb_flush */
  *writeShared(addr: number): MaySleep<void> {
    this.#enter();
    yield* wpPageCopy(this.#space.mm, this.#mm, addr);
    yield* this.#toUser();
  }

  /**
   * Make a child with a copy of the address space and of the handlers.
   * @param fn what the child does; it cannot see the parent's `u`
   * @returns its pid, or -EAGAIN
   * @emits tlb_flush, sched_process_fork, sched_wakeup_new
   * @linux kernel/fork.c sys_fork()
   */
  *fork(fn: UserFn): MaySleep<number> {
    const child = yield* this.call(this.#space.fork(this, fn));
    return typeof child === 'number' ? child : child.pid;
  }

  /**
   * Make another thread of this process, as pthread_create() does: it shares the address space, so that a change of the
   * mappings interrupts every CPU on which one of the threads runs. It exits with its function, or with the process:
   * see {@link join} to wait for it.
   * @returns its thread id, or -EAGAIN
   * @emits sched_process_fork, sched_wakeup_new
   * @linux kernel/fork.c sys_clone3() CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
   */
  *thread(fn: UserFn, options: SpawnOptions = {}): MaySleep<number> {
    const p = yield* this.call(this.#space.thread(this, fn, options));
    if (typeof p === 'number') return p;
    if (p.vforkDone !== null) this.#threads.set(p.pid, p.vforkDone);
    return p.pid;
  }

  /** Wait until a thread that this one has made has let go of the address space, as pthread_join() does. @linux kernel/fork.c mm_release() */
  *join(tid: number): MaySleep<void> {
    const done = this.#threads.get(tid);
    if (done === undefined) return;
    this.#threads.delete(tid);
    while ((yield* this.call(waitForCompletionInterruptible(this.#space.s, done))) !== 0);
  }

  /**
   * Become another program, in an address space of its own, with no handlers. Other threads of the process are killed.
   * @emits sched_prepare_exec, tlb_flush, task_rename, sched_process_exec
   * @linux fs/exec.c sys_execve()
   */
  *exec(name: string, fn: UserFn): MaySleep<never> {
    const { s, mm, signals } = this.#space;
    this.#enter();
    // if the process ends meanwhile, the way back to user mode is the end of this thread
    if ((yield* deThread(signals)) !== 0) yield* this.#toUser();
    this.#threads.clear();
    this.#space.tracePrepareExec(name);
    yield* execMmap(mm, newUserMm(mm, name));
    setTaskComm(s, this.task, name);
    this.#space.traceProcessExec(name);
    flushSignalHandlers(this.task, false);
    this.#handlers.length = 0;
    return yield* this.run(fn);
  }

  /** End with a status of 0 .. 255. @emits tlb_flush, sched_process_exit @linux kernel/exit.c sys_exit_group() */
  *exit(status: number): MaySleep<never> {
    // what the C library has to put in order lies on a page that came from the program's file
    yield* this.writeShared(this.#mm.vmas[0]!.start);
    this.#enter();
    return yield* doGroupExit(this.#space.signals, (status & 0xff) << 8);
  }

  /**
   * End this thread; the last one of a process ends the process.
   * @param status 0 .. 255
   * @emits sched_process_exit
   * @linux kernel/exit.c sys_exit()
   */
  *exitThread(status: number): MaySleep<never> {
    this.#enter();
    return yield* doExit(this.#space.s, (status & 0xff) << 8);
  }

  /** Wait for a child to end. @param pid -1 for any @returns as kernelWait() @linux kernel/exit.c sys_wait4() */
  wait(pid: number): MaySleep<number> {
    return this.call(kernelWait(this.#space.signals, pid));
  }

  /**
   * Take the orphans among one's descendants from now on, or do not any more: without a taker they go to pid 1.
   * @linux kernel/sys.c prctl() PR_SET_CHILD_SUBREAPER
   */
  *setChildSubreaper(on: boolean): MaySleep<void> {
    this.#enter();
    setChildSubreaper(this.#space.signals, this.task, on);
    yield* this.#toUser();
  }

  /** Send a signal. @returns 0, -EINVAL, -EPERM, -ESRCH @emits signal_generate @linux kernel/signal.c sys_kill() */
  kill(pid: number, sig: number): MaySleep<number> {
    return this.call(kill(this.#space.signals, pid, sig));
  }

  /**
   * What to do with a signal.
   * @param handler a function, or SIG_DFL or SIG_IGN
   * @returns 0 or -EINVAL
   * @linux kernel/signal.c sys_rt_sigaction()
   */
  signal(sig: number, handler: UserHandler | number): MaySleep<number> {
    const action = new SigAction();
    action.flags = SA_RESTORER;
    if (typeof handler === 'number') action.handler = handler;
    else action.handler = HANDLER_BASE + this.#handlers.push(handler) - 1;
    return this.call(sigaction(this.#space.signals, sig, action));
  }

  /** Make a system call: leave user mode for it, and take signals on the way back. */
  *call<T>(syscall: MaySleep<T>): MaySleep<T> {
    this.#enter();
    const result = yield* syscall;
    yield* this.#toUser();
    return result;
  }

  /** The address space, which the process has until it exits. */
  get #mm(): Mm {
    return this.#space.mm.mmOf(this.task)!;
  }

  #enter(): void {
    const { s } = this.#space;
    this.task.inUser = false;
    s.sim.charge(s.config.costs.call);
  }

  /** The way back to user mode. @returns whether a signal was handled @linux kernel/entry/common.c exit_to_user_mode_loop() */
  *#toUser(): MaySleep<boolean> {
    const { s, signals } = this.#space;
    const p = this.task;
    let handled = false;
    for (;;) {
      if (p.needResched) yield* schedule(s);
      else if (signalPending(p)) {
        const ksig = yield* getSignal(signals);
        if (ksig === null) continue;
        yield* this.#handle(ksig);
        handled = true;
      } else break;
    }
    p.inUser = true;
    if (!s.sim.explored && s.sim.now >= s.sim.horizon) yield POINT;
    return handled;
  }

  *#handle(ksig: KSignal): MaySleep<void> {
    const { signals } = this.#space;
    const blocked = new SigSet();
    blocked.assign(signalState(this.task).blocked);
    yield* signalDelivered(signals, ksig);
    const handler = this.#handlers[ksig.action.handler - HANDLER_BASE];
    this.task.inUser = true;
    if (handler !== undefined) yield* handler(this, ksig.sig);
    this.#enter();
    yield* userSigprocmask(signals, SIG_SETMASK, blocked);
  }

  *#compute(ns: number): MaySleep<void> {
    const { s } = this.#space;
    const p = this.task;
    if (s.sim.explored) {
      if (s.sim.point(p, 'user', READ)) yield POINT;
      yield* this.#toUser();
      return;
    }
    const until = cpuTimeNs(this.task) + ns;
    for (let left = ns; left > 0; left = until - cpuTimeNs(p)) {
      // one piece: what an interrupt takes counts as CPU time
      s.cpus[s.cpu]!.compute(left, Infinity);
      yield POINT;
      if (p.tif !== 0) yield* this.#toUser();
    }
  }

  *#nanosleep(ns: number): MaySleep<number> {
    const { s } = this.#space;
    const p = this.task;
    const atNs = s.sim.now + ns;
    const slackNs = rtOrDlTask(p) ? 0 : TIMER_SLACK_NS;
    for (;;) {
      p.state = TASK_INTERRUPTIBLE | TASK_FREEZABLE;
      p.waitsFor = 'the end of a sleep';
      const woken = yield* scheduleHrtimeoutRange(s, atNs, slackNs);
      p.waitsFor = '';
      if (woken === 0) return 0;
      // a signal without a handler, as SIGCONT after a stop, lets it sleep on
      if (signalPending(p) && (yield* this.#toUser())) return -EINTR;
      p.inUser = false;
    }
  }
}

/** Time in ns that the current task has had a CPU. @linux kernel/sched/core.c task_sched_runtime() */
function cpuTimeNs(p: Task): number {
  return p.se.sumExecRuntime + p.rq.sched.sim.now - p.se.execStart;
}
