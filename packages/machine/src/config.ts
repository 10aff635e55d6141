import type { Daemon, Era, Params } from '@kernel-model/daemons';
import type { MmOptions } from '@kernel-model/mm';
import type { Costs, IdleMode, PreemptMode } from '@kernel-model/scheduler';
import type { Chooser } from '@kernel-model/sim';

/** What kind of machine {@link boot} makes. Everything has a default. */
export interface BootConfig {
  /** Number of CPUs, 1 .. 64; default 2. */
  readonly cpus?: number;
  /** Preemption model; default `voluntary`, Debian's. */
  readonly preempt?: PreemptMode;
  /** How the CPUs share time; default `parallel`. `serial` is the emulator that recorded the conformance traces. */
  readonly host?: 'parallel' | 'serial';
  /** Seed of everything that is left to chance; default 1. */
  readonly seed?: number;
  /** How a CPU idles, as the boot parameter `idle=` says; default `halt`, as in a virtual machine. */
  readonly idle?: IdleMode;
  /** Interrupts leave softirqs to ksoftirqd, as the boot parameter of that name does; default false. */
  readonly threadirqs?: boolean;
  /** Collect statistics of the scheduler from the boot on, as the boot parameter `schedstats=enable` does; default false. */
  readonly schedstats?: boolean;
  /** Most threads at once; default 32768. */
  readonly maxThreads?: number;
  /** How the memory works: PCID, lazy TLB or not ...; default: as on the machine of the recorded traces. */
  readonly mm?: MmOptions;
  /** Virtual cost of what the kernel does; default: as on the machine of the recorded traces. */
  readonly costs?: Costs;
  /** Given: the machine is explored; see the package `explore`. It decides from the end of the boot on. */
  readonly chooser?: Chooser;
  /**
   * Start ksoftirqd and the stopper (migration) on every CPU; default true, on an explored machine false. Without the
   * stopper a running task cannot be moved to another CPU.
   */
  readonly percpuThreads?: boolean;
  /**
   * Start the workers of the workqueues; default true, on an explored machine false. Without them works are queued and
   * never run.
   */
  readonly workqueues?: boolean;
  /** CPUs can be taken down and up: starts cpuhp/N, idle_inject/N and the threads of expedited grace periods. */
  readonly hotplug?: boolean;
  /**
   * `linux` (default): the kernel threads of a freshly booted Debian, in its order, with their daemons at work; `minimal`
   * (default on an explored machine): what the other options ask for. And, in a list, daemons made by defineDaemon(), alone or with values for their
   * options, which are loaded when the machine has booted.
   */
  readonly daemons?: BootDaemons | readonly (BootDaemons | Daemon | DaemonUse)[];
  /** How the threads of loaded daemons are made, for comparison: see `machine.modules.maker.costs` and eraReport(); default `kthreadd`. */
  readonly era?: Era;
  /** With `linux`: memory in pages of 4 KiB; default 262144, 1 GiB. */
  readonly memoryPages?: number;
  /** With `linux`: also start the rescuers of the workqueues of common drivers; default true. */
  readonly drivers?: boolean;
  /**
   * Let a bug in the code of a task stop the machine: `run()` then returns `oops`, or throws what is no UsageError.
   * Without it, as in Linux, the task is killed and the others go on. Default: only on an explored machine.
   */
  readonly panicOnOops?: boolean;
}

/** A daemon with values for its options. */
export interface DaemonUse {
  readonly daemon: Daemon;
  readonly params?: Params;
}

/** The kernel threads that a machine has of its own. */
export type BootDaemons = 'linux' | 'minimal';
