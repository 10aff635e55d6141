/** Jiffies a second. */
export const HZ = 250;
/** Length of a tick in ns. */
export const TICK_NSEC = 4_000_000;
/** No CPU. */
export const NO_CPU = -1;

/** Task states: what `task.state` holds. @linux include/linux/sched.h */
export const TASK_RUNNING = 0x0;
/** Sleeps until a wakeup or a signal. */
export const TASK_INTERRUPTIBLE = 0x1;
/** Sleeps until a wakeup. */
export const TASK_UNINTERRUPTIBLE = 0x2;
/** Stopped by a signal. */
export const __TASK_STOPPED = 0x4;
/** Stopped by a debugger. */
export const __TASK_TRACED = 0x8;
/** Exit state: reaped. */
export const EXIT_DEAD = 0x10;
/** Exit state: its parent has not waited for it yet. */
export const EXIT_ZOMBIE = 0x20;
/** A kernel thread in kthread_parkme(). */
export const TASK_PARKED = 0x40;
/** Has made its last switch, or is about to. */
export const TASK_DEAD = 0x80;
/** Modifier: SIGKILL wakes it. */
export const TASK_WAKEKILL = 0x100;
/** A wakeup is looking for a CPU. */
export const TASK_WAKING = 0x200;
/** Modifier: does not count as load. */
export const TASK_NOLOAD = 0x400;
/** Forked and not woken yet. */
export const TASK_NEW = 0x800;
/** Waits for a lock of a real-time kernel. */
export const TASK_RTLOCK_WAIT = 0x1000;
/** Modifier: may be frozen where it sleeps. */
export const TASK_FREEZABLE = 0x2000;
/** In the refrigerator. */
export const TASK_FROZEN = 0x8000;
/** Sleeps until a wakeup or SIGKILL. */
export const TASK_KILLABLE: number = TASK_WAKEKILL | TASK_UNINTERRUPTIBLE;
/** Sleeps uninterruptibly without counting as load. */
export const TASK_IDLE: number = TASK_UNINTERRUPTIBLE | TASK_NOLOAD;
/** What wake_up_process() wakes. */
export const TASK_NORMAL: number = TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE;
/** States without a wait loop, set under pi_lock; a fair task that blocks in one is never delayed-dequeued. */
export const TASK_SPECIAL: number = __TASK_STOPPED | __TASK_TRACED | TASK_PARKED | TASK_DEAD | TASK_FROZEN;

/** `task.onRq`: whether the task is queued on its CPU's run queue. */
export const TASK_ON_RQ_QUEUED = 1;
/** `task.onRq`: on its way to another run queue. */
export const TASK_ON_RQ_MIGRATING = 2;

/** `task.flags`. @linux include/linux/sched.h */
export const PF_IDLE = 0x2;
/** `task.flags`: in do_exit(). */
export const PF_EXITING = 0x4;
/** `task.flags`: a workqueue worker. */
export const PF_WQ_WORKER = 0x20;
/** `task.flags`: has not called exec since its fork. */
export const PF_FORKNOEXEC = 0x40;
/** `task.flags`: may use memory reserves. */
export const PF_MEMALLOC = 0x800;
/** `task.flags`: the freezer leaves it alone. */
export const PF_NOFREEZE = 0x8000;
/** `task.flags`: kswapd. */
export const PF_KSWAPD = 0x20000;
/** `task.flags`: a kernel thread. */
export const PF_KTHREAD = 0x200000;
/** `task.flags`: user space may not change its CPUs. */
export const PF_NO_SETAFFINITY = 0x4000000;
/** `task.flags`: the task that started the suspend. */
export const PF_SUSPEND_TASK = 0x80000000;

/** Scheduling policies. @linux include/uapi/linux/sched.h */
export const SCHED_NORMAL = 0;
/** Policy: real time, runs until it sleeps. */
export const SCHED_FIFO = 1;
/** Policy: real time, takes turns with its equals. */
export const SCHED_RR = 2;
/** Policy: like SCHED_NORMAL, but never preempts at wakeup. */
export const SCHED_BATCH = 3;
/** Policy: runs when nobody else wants to. */
export const SCHED_IDLE = 5;
/** Policy: a budget in every period. */
export const SCHED_DEADLINE = 6;

/** Priorities below are real time. */
export const MAX_RT_PRIO = 100;
/** Number of priorities. */
export const MAX_PRIO = 140;
/** Priority of nice 0. */
export const DEFAULT_PRIO = 120;
/** Most favourable nice value. */
export const MIN_NICE = -20;
/** Least favourable nice value. */
export const MAX_NICE = 19;

/** How `__schedule` was entered. @linux kernel/sched/core.c */
export const SM_IDLE = -1;
/** `__schedule` mode: the task asked for it, and sleeps if its state says so. */
export const SM_NONE = 0;
/** `__schedule` mode: preempted, stays runnable. */
export const SM_PREEMPT = 1;

/** Wake flags. @linux kernel/sched/sched.h */
export const WF_EXEC = 0x02;
/** Wake flag: placed at fork. */
export const WF_FORK = 0x04;
/** Wake flag: woken. */
export const WF_TTWU = 0x08;
/** Wake flag: the waker is about to sleep. */
export const WF_SYNC = 0x10;
/** Wake flag: another CPU than before was chosen. */
export const WF_MIGRATED = 0x20;
/** Wake flag: prefer the waker's CPU. */
export const WF_CURRENT_CPU = 0x40;
/** Wake flag: the class chose the CPU. */
export const WF_RQ_SELECTED = 0x80;

/** Dequeue flags. @linux kernel/sched/sched.h */
export const DEQUEUE_SLEEP = 0x01;
/** Dequeue flag: only for a change; it comes back with ENQUEUE_RESTORE. */
export const DEQUEUE_SAVE = 0x02;
/** Dequeue flag: its place in the queue may change. */
export const DEQUEUE_MOVE = 0x04;
/** Dequeue flag: the clock is up to date. */
export const DEQUEUE_NOCLOCK = 0x08;
/** Dequeue flag: sleeps in a state without a wait loop. */
export const DEQUEUE_SPECIAL = 0x10;
/** Dequeue flag: moves to another CPU. */
export const DEQUEUE_MIGRATING = 0x100;
/** Dequeue flag: finish a dequeue that was delayed. */
export const DEQUEUE_DELAYED = 0x200;

/** Enqueue flags. @linux kernel/sched/sched.h */
export const ENQUEUE_WAKEUP = 0x01;
/** Enqueue flag: back from a change, see DEQUEUE_SAVE. */
export const ENQUEUE_RESTORE = 0x02;
/** Enqueue flag: its place in the queue may change. */
export const ENQUEUE_MOVE = 0x04;
/** Enqueue flag: the clock is up to date. */
export const ENQUEUE_NOCLOCK = 0x08;
/** Enqueue flag: ahead of its equals. */
export const ENQUEUE_HEAD = 0x10;
/** Enqueue flag: a new budget. */
export const ENQUEUE_REPLENISH = 0x20;
/** Enqueue flag: came from another CPU. */
export const ENQUEUE_MIGRATED = 0x40;
/** Enqueue flag: a new task. */
export const ENQUEUE_INITIAL = 0x80;
/** Enqueue flag: moves here from another CPU. */
export const ENQUEUE_MIGRATING = 0x100;
/** Enqueue flag: its dequeue was delayed and is called off. */
export const ENQUEUE_DELAYED = 0x200;
/** Enqueue flag: the class chose the CPU. */
export const ENQUEUE_RQ_SELECTED = 0x400;

/** Softirq numbers, in the order in which they are served. @linux include/linux/interrupt.h */
export const HI_SOFTIRQ = 0;
/** Softirq of the timer wheel. */
export const TIMER_SOFTIRQ = 1;
/** Softirq of tasklets and of WQ_BH. */
export const TASKLET_SOFTIRQ = 6;
/** Softirq of load balancing. */
export const SCHED_SOFTIRQ = 7;
/** Softirq of hrtimers that ask for it. */
export const HRTIMER_SOFTIRQ = 8;
/** Softirq of RCU callbacks. */
export const RCU_SOFTIRQ = 9;
/** Number of softirqs. */
export const NR_SOFTIRQS = 10;

/** errno values, to be returned negated. */
export const EPERM = 1;
/** No such file, directory or module. */
export const ENOENT = 2;
/** No such process. */
export const ESRCH = 3;
/** Interrupted. */
export const EINTR = 4;
/** Try again. */
export const EAGAIN = 11;
/** Out of memory. */
export const ENOMEM = 12;
/** Access denied. */
export const EACCES = 13;
/** Busy. */
export const EBUSY = 16;
/** Invalid argument. */
export const EINVAL = 22;
/** Would deadlock. */
export const EDEADLK = 35;
/** Not available. */
export const ENOSYS = 38;
/** Timer expired. */
export const ETIME = 62;
/** Not supported. */
export const EOPNOTSUPP = 95;
/** A signal came; never seen by user space. */
export const ERESTARTSYS = 512;

/** Longest timeout: sleep without a timer. */
export const MAX_SCHEDULE_TIMEOUT: number = Number.MAX_SAFE_INTEGER;
