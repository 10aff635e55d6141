/** Children start with the default policy. @linux include/uapi/linux/sched.h */
export const SCHED_FLAG_RESET_ON_FORK = 0x01;
/** Use bandwidth that others leave unused (GRUB). */
export const SCHED_FLAG_RECLAIM = 0x02;
/** Tell the task (SIGXCPU) when it overruns its budget. */
export const SCHED_FLAG_DL_OVERRUN = 0x04;
/** Leave the policy as it is. */
export const SCHED_FLAG_KEEP_POLICY = 0x08;
/** Leave the parameters as they are. */
export const SCHED_FLAG_KEEP_PARAMS = 0x10;
/** A lower bound of the utilisation is given. */
export const SCHED_FLAG_UTIL_CLAMP_MIN = 0x20;
/** An upper bound of the utilisation is given. */
export const SCHED_FLAG_UTIL_CLAMP_MAX = 0x40;
/** Both; utilization clamping is not built in. */
export const SCHED_FLAG_UTIL_CLAMP: number = SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX;
/** A deadline task without parameters: the kernel's own frequency changer. Not for user space. */
export const SCHED_FLAG_SUGOV = 0x10000000;
/** The flags that user space may set. */
export const SCHED_FLAG_ALL = 0x7f;
/** What a deadline entity keeps of its flags. @linux kernel/sched/sched.h SCHED_DL_FLAGS */
export const SCHED_DL_FLAGS: number = SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN | SCHED_FLAG_SUGOV;
/** Bit of the policy argument of the old calls that means {@link SCHED_FLAG_RESET_ON_FORK}. */
export const SCHED_RESET_ON_FORK = 0x40000000;
/** Policy argument: keep the policy. @linux kernel/sched/syscalls.c SETPARAM_POLICY */
export const SETPARAM_POLICY = -1;

/** Policy and parameters of a task; what is left out is 0. @linux include/uapi/linux/sched/types.h struct sched_attr */
export interface SchedAttr {
  /** SCHED_NORMAL ... SCHED_DEADLINE, or {@link SETPARAM_POLICY}. */
  readonly policy: number;
  /** SCHED_FLAG_* bits. */
  readonly flags?: number;
  /** SCHED_NORMAL, SCHED_BATCH: -20 .. 19. */
  readonly nice?: number;
  /** SCHED_FIFO, SCHED_RR: 1 .. 99. */
  readonly priority?: number;
  /** Ns. SCHED_DEADLINE: budget. SCHED_NORMAL, SCHED_BATCH: slice, 0 for the default. */
  readonly runtime?: number;
  /** Ns, SCHED_DEADLINE. */
  readonly deadline?: number;
  /** Ns, SCHED_DEADLINE; 0 for the deadline. */
  readonly period?: number;
}

/** Who asks for a change, as far as permission goes. */
export interface SchedCred {
  /** CAP_SYS_NICE: everything is allowed. */
  readonly sysNice: boolean;
  /** Same user as the target. */
  readonly sameOwner: boolean;
  /** Resource limits of the target: nice -20 .. 19 is 40 .. 1. */
  readonly rlimitNice: number;
  readonly rlimitRtprio: number;
}

/** The credentials of root and of kernel threads. */
export const ROOT_CRED: SchedCred = { sysNice: true, sameOwner: true, rlimitNice: 0, rlimitRtprio: 0 };
