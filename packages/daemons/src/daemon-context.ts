import { UsageError } from '@kernel-model/sim';
import type { Task } from '@kernel-model/scheduler';
import type { DelayedWork } from '@kernel-model/workqueue';
import type { Kernel } from './kernel.ts';

/** What the functions of a daemon get: one for each time that it is loaded. */
export class DaemonContext<O, T> {
  /** Its threads, in order of creation; empty before they are made. */
  readonly threads: Task[] = [];
  readonly #works: ReadonlyMap<string, DelayedWork>;

  /**
   * @param name of the daemon
   * @param k the kernel's functions
   * @param options as given, with defaults
   * @param state what the daemon's `state` made
   */
  constructor(
    readonly name: string,
    readonly k: Kernel,
    readonly options: O,
    readonly state: T,
    works: ReadonlyMap<string, DelayedWork>,
  ) {
    this.#works = works;
  }

  /**
   * One of the daemon's works, to be queued: `yield* k.scheduleDelayedWork(d.work('flush'), 0)`.
   * @throws UsageError BAD_DAEMON if the daemon has declared no such work
   */
  work(name: string): DelayedWork {
    const work = this.#works.get(name);
    if (work !== undefined) return work;
    const known = [...this.#works.keys()].join(', ') || 'none';
    throw new UsageError('BAD_DAEMON', { what: `${this.name} has no work ${name}; it has: ${known}.` });
  }

  /** Write a line to the kernel log. @linux include/linux/printk.h pr_info() */
  log(text: string): void {
    this.k.s.reports.printk('info', `${this.name}: ${text}`);
  }
}
