/** Preemption model. @linux kernel/Kconfig.preempt, boot parameter preempt= */
export type PreemptMode = 'none' | 'voluntary' | 'full';

/**
 * How a CPU idles. `halt`: only an interrupt wakes it. `mwait`: it watches its need_resched flag, too, so that who wants
 * it writes that and sends no interrupt. `poll`: it looks at the flag all the time, and keeps ticking.
 * @linux boot parameter idle=
 */
export type IdleMode = 'halt' | 'mwait' | 'poll';

/** What a machine is made of, as far as the scheduler cares. */
export interface SchedConfig {
  /** Number of CPUs, 1 .. 64. */
  readonly nrCpus: number;
  /** Default `voluntary`, Debian's. */
  readonly preempt: PreemptMode;
  /**
   * `parallel`: the CPUs run side by side. `serial`: they take turns, as on the emulator that recorded the traces of the
   * conformance suite; see SerialHost.
   */
  readonly host: 'parallel' | 'serial';
  /** Default `halt`, as in a virtual machine. */
  readonly idle: IdleMode;
  /** Interrupts leave softirqs to ksoftirqd. @linux boot parameter threadirqs */
  readonly threadirqs: boolean;
  /** Statistics of the scheduler are collected from the boot on. @linux boot parameter schedstats= */
  readonly schedstats: boolean;
  /** Most tasks that may exist at once. */
  readonly maxThreads: number;
  /** Virtual cost of what the kernel does, in ns. */
  readonly costs: Costs;
}

/** How long the kernel takes for things, in ns. Measured on traces of a real kernel (with tracing on); see README. */
export interface Costs {
  /** Writing the record of one tracepoint, whether anybody listens here or not. */
  readonly record: number;
  /** From schedule() to the moment up to which the previous task pays. */
  readonly schedule: number;
  /** Taking a task that goes to sleep from its queue. */
  readonly dequeue: number;
  /** Finding a task that waits to be taken from its queue, and doing so. */
  readonly dequeueDelayed: number;
  /** From there to sched_switch: picking the next task. */
  readonly pick: number;
  /** From sched_switch to the first instruction of the next task. */
  readonly contextSwitch: number;
  /** Selecting a CPU for a task of the fair class. */
  readonly selectTaskRq: number;
  /** Putting a woken task on its queue. */
  readonly enqueue: number;
  /** Comparing a woken task of the fair class with the current one. */
  readonly checkPreempt: number;
  /** From sending an interprocessor interrupt to its handler. */
  readonly ipi: number;
  /** Entering and leaving an interrupt. */
  readonly interrupt: number;
  /** Looking for more softirqs after some have run. */
  readonly softirqs: number;
  /** The tick's own work. */
  readonly tick: number;
  /** Making a task: from the start of fork to sched_process_fork. */
  readonly fork: number;
  /** Placing a new task: from sched_process_fork to sched_wakeup_new. */
  readonly wakeupNew: number;
  /** The first steps of a new kernel thread, before it says that it is there. */
  readonly start: number;
  /** One turn of a busy loop that waits for another CPU. */
  readonly spin: number;
  /** do_exit: from sched_process_exit until its last schedule(). */
  readonly exit: number;
  /** Any short kernel call. */
  readonly call: number;
  /** A lock, and what a list or two need under it. */
  readonly lock: number;
  /** From one timer of a softirq to the next. */
  readonly timer: number;
  /** Looking for a task to pull, and moving one. */
  readonly balance: number;
  /** A udelay() of 5 us. */
  readonly udelayPiece: number;
}

/** Costs of the machine on which the traces of the conformance suite were recorded. */
export const DEFAULT_COSTS: Costs = {
  record: 1000,
  schedule: 1000,
  dequeue: 1000,
  dequeueDelayed: 1000,
  pick: 2500,
  contextSwitch: 1000,
  selectTaskRq: 1000,
  enqueue: 2100,
  checkPreempt: 1300,
  ipi: 1000,
  interrupt: 2000,
  softirqs: 2000,
  tick: 3500,
  fork: 52000,
  wakeupNew: 5100,
  start: 1000,
  spin: 500,
  exit: 12000,
  call: 2000,
  lock: 800,
  timer: 1000,
  balance: 4000,
  udelayPiece: 5100,
};

/** Costs of an explored machine: none. */
export const NO_COSTS: Costs = {
  record: 0,
  schedule: 0,
  dequeue: 0,
  dequeueDelayed: 0,
  pick: 0,
  contextSwitch: 0,
  selectTaskRq: 0,
  enqueue: 0,
  checkPreempt: 0,
  ipi: 0,
  interrupt: 0,
  softirqs: 0,
  tick: 0,
  fork: 0,
  wakeupNew: 0,
  start: 0,
  spin: 0,
  exit: 0,
  call: 0,
  lock: 0,
  timer: 0,
  balance: 0,
  udelayPiece: 0,
};
