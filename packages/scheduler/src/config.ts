/** Preemption model. @linux kernel/Kconfig.preempt, boot parameter preempt= */
export type PreemptMode = 'none' | 'voluntary' | 'full';

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
  /** Most tasks that may exist at once. */
  readonly maxThreads: number;
  /** Virtual cost of what the kernel does, in ns. */
  readonly costs: Costs;
}

/** How long the kernel takes for things, in ns. Measured on traces of a real kernel (with tracing on); see README. */
export interface Costs {
  /** From the pick to the first instruction of the next task. */
  readonly contextSwitch: number;
  /** Waking a task: from sched_waking to sched_wakeup. */
  readonly wakeup: number;
  /** Selecting a CPU, dequeueing, entering schedule(): from the call to sched_switch. */
  readonly schedule: number;
  /** From sending an interprocessor interrupt to its handler. */
  readonly ipi: number;
  /** Entering and leaving an interrupt. */
  readonly interrupt: number;
  /** The tick's own work. */
  readonly tick: number;
  /** Making a task: from the start of fork to sched_process_fork. */
  readonly fork: number;
  /** Placing and waking a new task: from sched_process_fork to sched_wakeup_new. */
  readonly wakeupNew: number;
  /** One turn of a busy loop that waits for another CPU. */
  readonly spin: number;
  /** do_exit, from the call to the last switch. */
  readonly exit: number;
  /** Any short kernel call: a lock, a flag, a mark. */
  readonly call: number;
  /** A udelay() of 5 us. */
  readonly udelayPiece: number;
}

/** Costs of the machine on which the traces of the conformance suite were recorded. */
export const DEFAULT_COSTS: Costs = {
  contextSwitch: 3500,
  wakeup: 4500,
  schedule: 4000,
  ipi: 5000,
  interrupt: 2000,
  tick: 5000,
  fork: 50000,
  wakeupNew: 6000,
  spin: 500,
  exit: 10000,
  call: 2500,
  udelayPiece: 5100,
};

/** Costs of an explored machine: none. */
export const NO_COSTS: Costs = {
  contextSwitch: 0,
  wakeup: 0,
  schedule: 0,
  ipi: 0,
  interrupt: 0,
  tick: 0,
  fork: 0,
  wakeupNew: 0,
  spin: 0,
  exit: 0,
  call: 0,
  udelayPiece: 0,
};
