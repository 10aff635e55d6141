import { UsageError } from '@kernel-model/sim';
import { HZ, TASK_RUNNING, TIMER_DEFERRABLE, TimerList, modTimer, timerDeleteSync } from '@kernel-model/scheduler';
import { POOL_BH } from './constants.ts';
import { warnOnce } from './misuse.ts';
import { printWorkerInfo } from './names.ts';
import { poolInfo, showAllWorkqueues } from './show.ts';
import { listEmpty } from './work.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';

/** Looks every `thresh` seconds whether a pool with waiting works makes progress. @linux kernel/workqueue.c wq_watchdog_timer */
export class WqWatchdog {
  /** Seconds without progress until a pool is reported; 0: off. */
  threshS: number;
  /** Stalled passes after which the kernel panics; 0: never. */
  panicOnStall: number;
  /** Jiffy of the last sign that the machine itself is alive. */
  touched = 0;
  readonly touchedCpu: number[];
  readonly timer: TimerList;
  #running = false;
  #stalls = 0;

  constructor(
    readonly w: Workqueues,
    threshS: number,
    panicOnStall: number,
  ) {
    this.threshS = threshS;
    this.panicOnStall = panicOnStall;
    this.touchedCpu = new Array<number>(w.s.nrCpus).fill(0);
    this.timer = new TimerList(() => this.#check(), TIMER_DEFERRABLE);
  }

  /** Start it: workers exist. Not on an explored machine, whose time is not to be measured. @linux kernel/workqueue.c wq_watchdog_init() */
  start(): void {
    this.#running = !this.w.s.sim.explored;
    this.setThresh(this.threshS);
  }

  /** What writing the parameter workqueue.watchdog_thresh does. @param threshS seconds @linux kernel/workqueue.c wq_watchdog_set_thresh() */
  setThresh(threshS: number): void {
    const { s } = this.w;
    this.threshS = threshS;
    if (!this.#running) return;
    timerDeleteSync(s, this.timer);
    if (threshS === 0) return;
    this.#resetTouched();
    modTimer(s, this.timer, s.jiffies + threshS * HZ);
  }

  /** The CPU is known to be alive. @linux kernel/workqueue.c wq_watchdog_touch() */
  touch(cpu: number): void {
    const { jiffies } = this.w.s;
    if (cpu >= 0) this.touchedCpu[cpu] = jiffies;
    else warnOnce(this.w, 'wq_watchdog_touch', 'wq_watchdog_touch should be called with valid CPU');
    if (jiffies > this.touched + (this.threshS * HZ) / 4) this.touched = jiffies;
  }

  /** @linux kernel/workqueue.c wq_watchdog_timer_fn() */
  #check(): void {
    const { w } = this;
    const { s } = w;
    if (this.threshS === 0) return;
    let lockup = false;
    let cpuStall = false;
    for (const pool of w.pools) {
      if (pool === null) continue;
      pool.cpuStall = false;
      if (listEmpty(pool.worklist) || !this.#stalled(pool)) continue;
      lockup = true;
      if (pool.cpu >= 0 && (pool.flags & POOL_BH) === 0) pool.cpuStall = cpuStall = true;
      const seconds = Math.floor((s.jiffies - pool.watchdogTs) / HZ);
      s.reports.printk('bug', `BUG: workqueue lockup - pool${poolInfo(pool)} stuck for ${seconds}s!`);
    }
    if (lockup) for (const line of showAllWorkqueues(w)) s.reports.printk('info', line);
    if (cpuStall) this.#showHogs();
    if (lockup) this.#panicIfWanted();
    this.#resetTouched();
    modTimer(s, this.timer, s.jiffies + this.threshS * HZ);
  }

  #stalled(pool: WorkerPool): boolean {
    const touched = pool.cpu >= 0 ? this.touchedCpu[pool.cpu]! : this.touched;
    return this.w.s.jiffies > Math.max(pool.watchdogTs, touched) + this.threshS * HZ;
  }

  /** @linux kernel/workqueue.c show_cpu_pools_hogs() */
  #showHogs(): void {
    const { reports } = this.w.s;
    reports.printk('info', 'Showing backtraces of running workers in stalled CPU-bound worker pools:');
    for (const pool of this.w.pools) {
      if (pool === null || !pool.cpuStall) continue;
      for (const worker of pool.workers) {
        const p = worker.task!;
        if (worker.currentWork === null || p.state !== TASK_RUNNING) continue;
        reports.printk('info', `pool ${pool.id}:`);
        reports.printk('info', `task:${p.comm} state:R pid:${p.pid}`);
        for (const line of printWorkerInfo(p)) reports.printk('info', line);
      }
    }
  }

  /** @linux kernel/workqueue.c panic_on_wq_watchdog() */
  #panicIfWanted(): void {
    if (this.panicOnStall === 0 || ++this.#stalls < this.panicOnStall) return;
    throw new UsageError('WQ_PANIC_ON_STALL', {
      what: `The workqueue watchdog found a stall for the ${this.#stalls}. time at ${this.w.s.sim.now} ns.`,
      why: 'workqueue.panic_on_stall is set.',
      linux: 'kernel BUG at kernel/workqueue.c!',
    });
  }

  #resetTouched(): void {
    const { jiffies } = this.w.s;
    this.touched = jiffies;
    this.touchedCpu.fill(jiffies);
  }
}
