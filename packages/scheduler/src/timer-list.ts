/** Timers that expire together, most recently armed first. */
export class TimerBucket {
  first: TimerList | null = null;
}

/** `TimerList.flags`: the CPU need not wake from idle for it. @linux include/linux/timer.h */
export const TIMER_DEFERRABLE = 0x0008_0000;
/** Runs on the CPU that armed it, even if that idles. @linux include/linux/timer.h */
export const TIMER_PINNED = 0x0010_0000;
/** Its function runs with interrupts off and may be waited for from interrupts. @linux include/linux/timer.h */
export const TIMER_IRQSAFE = 0x0020_0000;

/**
 * A timer of the wheel: its function runs in the timer softirq, at the earliest in the tick after the jiffy that was
 * asked for. Whoever needs data in the function extends the class.
 * @linux include/linux/timer_types.h struct timer_list
 */
export class TimerList {
  /** Jiffy that was asked for. */
  expires = 0;
  /** null once the timer is shut down: then nothing arms it any more. */
  fn: ((timer: TimerList) => void) | null;
  /** TIMER_* bits. */
  flags: number;
  /** CPU of the base on which it is, or was last. */
  cpu: number;

  /** Number that stands for the address in traces; 0 until one is needed. */
  addr = 0;

  // owned by timer.ts
  /** The bucket in which it waits; null if it is not pending. */
  bucket: TimerBucket | null = null;
  /** Index of that bucket in the wheel. */
  idx = -1;
  next: TimerList | null = null;
  prev: TimerList | null = null;

  constructor(fn: (timer: TimerList) => void, flags = 0, cpu = 0) {
    this.fn = fn;
    this.flags = flags;
    this.cpu = cpu;
  }
}
