import { WaitQueueHead, type MmHandle, type Task } from '@kernel-model/scheduler';
import type { KernelSiginfo } from './siginfo.ts';
import { SigSet } from './sig-set.ts';
import { NSIG } from './signal-numbers.ts';

/** Default action. What else {@link SigAction.handler} holds is the address of a handler in user memory. */
export const SIG_DFL = 0;
/** Ignore. */
export const SIG_IGN = 1;
/** A kernel thread that takes the signal from anybody. @linux include/linux/signal.h SIG_KTHREAD */
export const SIG_KTHREAD = 2;
/** A kernel thread that takes the signal from the kernel alone. @linux include/linux/signal.h SIG_KTHREAD_KERNEL */
export const SIG_KTHREAD_KERNEL = 3;

/** Flags of an action. @linux include/uapi/asm-generic/signal-defs.h */
export const SA_NOCLDSTOP = 0x1;
/** `sa_flags` of SIGCHLD: children are reaped at once. */
export const SA_NOCLDWAIT = 0x2;
/** `sa_flags`: the handler cannot be changed any more. */
export const SA_IMMUTABLE = 0x00800000;
/** `sa_flags`: the signal is not blocked in its own handler. */
export const SA_NODEFER = 0x40000000;
/** `sa_flags`: the handler is used once. */
export const SA_ONESHOT = 0x80000000;

/** Flags of a thread group. @linux include/linux/sched/signal.h */
export const SIGNAL_STOP_STOPPED = 0x1;
/** `signal->flags`: SIGCONT came since the stop. */
export const SIGNAL_STOP_CONTINUED = 0x2;
/** `signal->flags`: the process ends. */
export const SIGNAL_GROUP_EXIT = 0x4;
/** The parent has to be told of a stop. */
export const SIGNAL_CLD_STOPPED = 0x10;
/** The parent has to be told that it goes on. */
export const SIGNAL_CLD_CONTINUED = 0x20;
/** `signal->flags`: fatal signals are ignored (pid 1). */
export const SIGNAL_UNKILLABLE = 0x40;

/** What a task does with a signal. @linux include/linux/signal_types.h struct k_sigaction */
export class SigAction {
  handler: number = SIG_DFL;
  flags = 0;
  /** Signals that are blocked while the handler runs. */
  readonly mask: SigSet = new SigSet();

  /** Become equal to the other. */
  assign(other: SigAction): void {
    this.handler = other.handler;
    this.flags = other.flags;
    this.mask.assign(other.mask);
  }

  /** Is it equal to the other? */
  equals(other: SigAction): boolean {
    const { mask } = other;
    return (
      this.handler === other.handler &&
      this.flags === other.flags &&
      this.mask.lo === mask.lo &&
      this.mask.hi === mask.hi
    );
  }
}

/** The table of a process that has changed nothing, and inherited nothing. */
const DEFAULT_ACTIONS: readonly SigAction[] = Array.from({ length: NSIG }, () => new SigAction());

/** Signals that wait to be taken, with what is known about them. @linux include/linux/signal_types.h struct sigpending */
export class SigPending {
  readonly signal: SigSet = new SigSet();
  /** In order of arrival; a pending signal may have none. */
  readonly list: KernelSiginfo[] = [];

  /** Forget everything. @linux kernel/signal.c flush_sigqueue() */
  flush(): void {
    this.signal.clear();
    this.list.length = 0;
  }

  /** Forget the signals of the mask. @linux kernel/signal.c flush_sigqueue_mask() */
  flushMask(mask: Readonly<SigSet>): void {
    this.signal.deleteAll(mask);
    for (let i = this.list.length - 1; i >= 0; i--) if (mask.has(this.list[i]!.signo)) this.list.splice(i, 1);
  }
}

/** What the threads of a process share. @linux include/linux/sched/signal.h struct signal_struct, struct sighand_struct */
export class SignalGroup {
  readonly sharedPending: SigPending = new SigPending();
  /** SIGNAL_* bits. */
  flags = 0;
  /** Status of the whole group once it exits, or the signal that stopped it. */
  groupExitCode = 0;
  /** Threads that have yet to take part in a stop. */
  groupStopCount = 0;
  /** Alive threads and a leader that has exited before them, in order of creation. */
  readonly threads: Task[];
  /** The thread that was chosen last for a signal to the group. */
  currTarget: Task;
  /** Where the group's parents wait for children. */
  readonly waitChldexit: WaitQueueHead;
  /** Who may signal whom: 0 may signal everybody. */
  uid = 0;
  session = 0;
  /** Most queued real-time signals a sender with sigqueue may leave. @linux RLIMIT_SIGPENDING */
  rlimitSigpending = 15_000;
  // Most threads never look at most of their 64 actions: the table stays shared with the parent's other children, and an
  // action becomes the group's own when it is first asked for.
  #inherited: readonly SigAction[] = DEFAULT_ACTIONS;
  readonly #own: (SigAction | undefined)[] = [];

  /** Some thread of it has, or had, a child. */
  hasForked = false;
  /** It takes orphans among its descendants. @linux signal_struct.is_child_subreaper */
  isChildSubreaper = false;
  /** It has an ancestor that takes orphans, or had one. @linux signal_struct.has_child_subreaper */
  hasChildSubreaper = false;

  /** -1000 .. 1000: how readily the OOM killer takes it; -1000: never. @linux signal_struct.oom_score_adj */
  oomScoreAdj = 0;
  /** The address space for which the OOM killer killed it, or null. @linux signal_struct.oom_mm */
  oomMm: MmHandle | null = null;

  /** The thread that starts another program and waits for the others to be gone. @linux signal_struct.group_exec_task */
  execTask: Task | null = null;

  /** @param leader whose pid is that of the process */
  constructor(public leader: Task) {
    this.currTarget = leader;
    this.threads = [leader];
    this.waitChldexit = new WaitQueueHead(`exit of a child of ${leader.comm}`);
  }

  /** What the group does with a signal 1 .. 64. */
  action(sig: number): SigAction {
    return (this.#own[sig - 1] ??= copyOf(this.#inherited[sig - 1]!));
  }

  /** Begin with the actions that the other group has now. Nothing may have been asked for before. */
  inheritActions(from: SignalGroup): void {
    this.#inherited = from.#sharedActions();
  }

  /** The actions as they are now, in a table that never changes. */
  #sharedActions(): readonly SigAction[] {
    const own = this.#own;
    if (own.some((action, i) => action !== undefined && !action.equals(this.#inherited[i]!))) {
      this.#inherited = this.#inherited.map((action, i) => (own[i] === undefined ? action : copyOf(own[i])));
    }
    return this.#inherited;
  }

  /** Is there just one thread? @linux include/linux/sched/signal.h thread_group_empty() */
  get single(): boolean {
    return this.threads.length === 1;
  }
}

function copyOf(action: SigAction): SigAction {
  const copy = new SigAction();
  copy.assign(action);
  return copy;
}

/** The signal part of a task. @linux include/linux/sched.h struct task_struct */
export class SignalState {
  readonly pending: SigPending = new SigPending();
  readonly blocked: SigSet = new SigSet();
  /** Blocked for the duration of a sigtimedwait. */
  readonly realBlocked: SigSet = new SigSet();
  /** JOBCTL_* bits and, in the lowest 16, the stop signal. */
  jobctl = 0;
  /** Killed to free memory: it is never frozen. @linux TIF_MEMDIE */
  oomVictim = false;

  constructor(
    readonly task: Task,
    readonly group: SignalGroup,
  ) {}
}

/**
 * The signal state of a task. A task that was made without forkSignals() gets it here, as a fork from its parent would
 * have given it.
 */
export function signalState(p: Task): SignalState {
  if (p.signal === null) inheritSignals(p, p.parent);
  return p.signal as SignalState;
}

/** Was the process chosen by the OOM killer? @linux include/linux/oom.h tsk_is_oom_victim() */
export function tskIsOomVictim(p: Task): boolean {
  return p.signal !== null && (p.signal as SignalState).group.oomMm !== null;
}

/** Give a task its own signal state with a copy of the parent's table. @linux kernel/fork.c copy_sighand(), copy_signal() */
export function inheritSignals(p: Task, parent: Task | null): SignalState {
  const group = new SignalGroup(p);
  const state = new SignalState(p, group);
  p.signal = state;
  if (parent === null) return state;
  const from = signalState(parent);
  group.inheritActions(from.group);
  group.uid = from.group.uid;
  group.session = from.group.session;
  group.hasChildSubreaper = from.group.hasChildSubreaper || from.group.isChildSubreaper;
  from.group.hasForked = true;
  group.oomScoreAdj = from.group.oomScoreAdj;
  state.blocked.assign(from.blocked);
  return state;
}
