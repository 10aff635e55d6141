import type { Sim } from '@kernel-model/sim';
import type { Task } from './task.ts';

/** Severity of a line of the kernel log. `warn` is a WARN, `bug` a BUG or oops. */
export type LogLevel = 'info' | 'err' | 'warn' | 'bug';

/** A line of the kernel log. */
export interface LogLine {
  /** Instant in ns. */
  readonly atNs: number;
  readonly level: LogLevel;
  /** The kernel's words. */
  readonly text: string;
  /** Comm and pid of the task that was running, or empty. */
  readonly task: string;
}

/** Characters that the log holds. @linux kernel/printk/printk.c __LOG_BUF_LEN */
export const LOG_BUF_LEN: number = 1 << 17;

/** What Linux would print: the log of one machine, in order of occurrence. */
export class Reports {
  /** As with dmesg, old lines are gone once there are more than {@link LOG_BUF_LEN} characters. */
  readonly lines: LogLine[] = [];
  #length = 0;
  readonly #first = new Map<LogLevel, LogLine>();
  readonly #once = new Set<string>();
  readonly #sim: Sim;
  readonly #current: () => Task | null;

  constructor(sim: Sim, current: () => Task | null) {
    this.#sim = sim;
    this.#current = current;
  }

  /** Log a line. @linux kernel/printk/printk.c printk() */
  printk(level: LogLevel, text: string): void {
    const p = this.#current();
    const line = { atNs: this.#sim.now, level, text, task: p === null ? '' : `${p.comm}/${p.pid}` };
    this.lines.push(line);
    if (!this.#first.has(level)) this.#first.set(level, line);
    this.#length += text.length;
    while (this.#length > LOG_BUF_LEN && this.lines.length > 1) this.#length -= this.lines.shift()!.text.length;
  }

  /** The first line of a severity since the boot, or null; the log may not hold it any more. */
  first(level: LogLevel): LogLine | null {
    return this.#first.get(level) ?? null;
  }

  /** Log a line the first time only. @linux include/linux/once_lite.h printk_once() */
  printkOnce(level: LogLevel, text: string): void {
    if (this.#once.has(text)) return;
    this.#once.add(text);
    this.printk(level, text);
  }

  /** A condition that should not be: the kernel complains and goes on. @linux include/asm-generic/bug.h WARN() */
  warn(text: string): void {
    this.printk('warn', `WARNING: ${text}`);
  }

  /** Like {@link warn}, but only the first time for this site. @linux include/linux/once_lite.h WARN_ON_ONCE() */
  warnOnce(site: string, text: string): void {
    if (this.#once.has(site)) return;
    this.#once.add(site);
    this.warn(text);
  }

  /** A task entered the scheduler although it must not sleep; the count is forced to 0. @linux kernel/sched/core.c __schedule_bug() */
  schedulingWhileAtomic(p: Task): void {
    const count = (p.preemptCount + 1 + p.bhDisableCount * 0x200).toString(16).padStart(8, '0');
    this.printk('bug', `BUG: scheduling while atomic: ${p.comm}/${p.pid}/0x${count}`);
    p.preemptCount = 0;
  }
}
