import type { MaySleep } from '@kernel-model/sim';
import {
  HZ,
  MAX_SCHEDULE_TIMEOUT,
  TASK_FROZEN,
  TASK_NOLOAD,
  TASK_UNINTERRUPTIBLE,
  TASK_WAKEKILL,
  schedSetNormal,
  scheduleTimeoutInterruptible,
  wakeUpProcess,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadRun, type Kthreads } from '@kernel-model/kthread';
import { SCHED_PROCESS_HANG, type Probe } from '@kernel-model/trace';

/** What is known of a task that slept uninterruptibly at the last look. */
interface Seen {
  readonly switches: number;
  /** Jiffy at which it was first seen with so many switches. */
  readonly since: number;
}

/**
 * khungtaskd: looks every so often for tasks that have not run for long although nothing can interrupt their sleep, and
 * says so. The first look only takes note, so that a report comes between one and two timeouts after the sleep began.
 * @linux kernel/hung_task.c
 */
export class HungTaskDetector {
  /** kernel.hung_task_timeout_secs; 0 switches it off. */
  timeoutS = 120;
  /** kernel.hung_task_check_interval_secs; 0: as often as the timeout. */
  intervalS = 0;
  /** kernel.hung_task_warnings: reports that are left; -1: any number. */
  warnings = 10;
  task: Task | null = null;
  #seen: Map<Task, Seen> = new Map();
  /** Set by an oops: nothing is reported any more. */
  readonly #tainted: () => boolean;
  readonly #hang: Probe;

  /** @param tainted whether the kernel has oopsed */
  constructor(
    readonly k: Kthreads,
    tainted: () => boolean,
  ) {
    this.#tainted = tainted;
    this.#hang = k.s.hub.probe(SCHED_PROCESS_HANG);
  }

  /** Start the thread. @linux kernel/hung_task.c hung_task_init() */
  *start(): MaySleep<void> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, 'khungtaskd');
    if (typeof p !== 'number') this.task = p;
  }

  /** What writing kernel.hung_task_timeout_secs does. @linux kernel/hung_task.c proc_dohung_task_timeout_secs() */
  setTimeout(seconds: number): void {
    this.timeoutS = seconds;
    if (this.task !== null) wakeUpProcess(this.k.s, this.task);
  }

  /** @linux kernel/hung_task.c watchdog() */
  *#thread(): MaySleep<number> {
    const { s } = this.k;
    let lastChecked = s.jiffies;
    schedSetNormal(s, s.current, 0);
    for (;;) {
      const interval = Math.min(this.intervalS === 0 ? this.timeoutS : this.intervalS, this.timeoutS || Infinity);
      const left = interval === 0 ? MAX_SCHEDULE_TIMEOUT : lastChecked - s.jiffies + interval * HZ;
      if (left <= 0) {
        this.#check(s);
        lastChecked = s.jiffies;
        continue;
      }
      yield* scheduleTimeoutInterruptible(s, left);
    }
  }

  /** @linux kernel/hung_task.c check_hung_uninterruptible_tasks() */
  #check(s: Scheduler): void {
    if (this.#tainted()) return;
    const seen = new Map<Task, Seen>();
    for (const p of s.tasks.values()) {
      if (!mayHang(p)) continue;
      const switches = p.nvcsw + p.nivcsw;
      // one that never ran was only made, by somebody who takes his time
      if (switches === 0) continue;
      const before = this.#seen.get(p);
      const since = before?.switches === switches ? before.since : s.jiffies;
      seen.set(p, { switches, since });
      if (before?.switches === switches && s.jiffies >= since + this.timeoutS * HZ) this.#report(s, p, since);
    }
    this.#seen = seen;
  }

  /** @emits sched_process_hang, also when there are no reports left */
  #report(s: Scheduler, p: Task, since: number): void {
    if (this.#hang.enabled) this.#hang.emit(p.commId, p.pid);
    if (this.warnings === 0) return;
    if (this.warnings > 0) this.warnings--;
    const seconds = Math.floor((s.jiffies - since) / HZ);
    const { reports } = s;
    reports.printk('err', `INFO: task ${p.comm}:${p.pid} blocked for more than ${seconds} seconds.`);
    reports.printk('err', '      Not tainted 6.12.95');
    reports.printk('err', '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.');
    const waits = p.waitsFor === '' ? '' : ` (waits for ${p.waitsFor})`;
    reports.printk('info', `task:${p.comm} state:D pid:${p.pid} ppid:${p.parent?.pid ?? 0}${waits}`);
    if (this.warnings === 0)
      reports.printk('info', 'Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings');
  }
}

/** Sleeps in D, and not in one of the states that only look like it. @linux kernel/hung_task.c check_hung_uninterruptible_tasks() */
function mayHang(p: Task): boolean {
  return (p.state & TASK_UNINTERRUPTIBLE) !== 0 && (p.state & (TASK_WAKEKILL | TASK_NOLOAD | TASK_FROZEN)) === 0;
}
