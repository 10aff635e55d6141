import {
  HRTIMER_MODE_HARD,
  HRTIMER_MODE_PINNED,
  HRTIMER_MODE_REL,
  HrTimer,
  hrtimerCancel,
  hrtimerStart,
  stopOneCpuNowait,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { whereLines } from './oops-of.ts';

const SECOND = 1_000_000_000;

/**
 * The soft-lockup watchdog: a timer on every CPU asks the CPU's stopper for a sign of life every 4 s, and complains when
 * there was none for 20 s: somebody keeps the CPU and never lets the scheduler in.
 * @linux kernel/watchdog.c
 */
export class SoftlockupDetector {
  /** kernel.watchdog_thresh in s. */
  threshS = 10;
  readonly #timers: HrTimer[] = [];
  /** Instant of the last sign of life in ns, and of the last report, by CPU. */
  readonly #touchedNs: number[] = [];
  readonly #reportedNs: number[] = [];
  /** Who is known to keep a CPU since its last sign of life, and where in its code; by CPU. */
  readonly #spinning: ({ readonly p: Task; readonly where: Error; told: boolean } | null)[] = [];

  constructor(readonly s: Scheduler) {}

  /** Watch a CPU that is up. @linux kernel/watchdog.c watchdog_enable() */
  enable(cpu: number): void {
    const { s } = this;
    this.#touch(cpu);
    const timer = (this.#timers[cpu] ??= new HrTimer(
      s,
      () => this.#tick(cpu),
      HRTIMER_MODE_REL | HRTIMER_MODE_PINNED | HRTIMER_MODE_HARD,
      'watchdog_timer_fn',
    ));
    hrtimerStart(timer, s.sim.now + this.#periodNs, cpu);
  }

  /** A CPU goes down. @linux kernel/watchdog.c watchdog_disable() */
  disable(cpu: number): void {
    const timer = this.#timers[cpu];
    if (timer !== undefined) hrtimerCancel(timer);
  }

  /**
   * The current task is in a loop that may never end. A machine that does not watch its CPUs yet begins to: as nothing
   * else happens there by itself, it must not have timers of the watchdog before.
   */
  spins(): void {
    const { s } = this;
    const p = s.current;
    if (this.#spinning[s.cpu]?.p !== p) this.#spinning[s.cpu] = { p, where: new Error('spins'), told: false };
    for (const cpu of s.onlineMask) if (this.#timers[cpu] === undefined && s.stoppers[cpu]!.enabled) this.enable(cpu);
  }

  get #periodNs(): number {
    return (2 * this.threshS * SECOND) / 5;
  }

  #touch(cpu: number): void {
    this.#touchedNs[cpu] = this.#reportedNs[cpu] = this.s.sim.now;
    this.#spinning[cpu] = null;
  }

  /** @linux kernel/watchdog.c watchdog_timer_fn() */
  #tick(cpu: number): void {
    const { s } = this;
    const { now } = s.sim;
    stopOneCpuNowait(s, cpu, () => this.#touch(cpu));
    hrtimerStart(this.#timers[cpu]!, now + this.#periodNs, cpu);
    if (now - this.#reportedNs[cpu]! <= 2 * this.threshS * SECOND) return;
    this.#reportedNs[cpu] = now;
    const p = s.rqs[cpu]!.curr;
    const seconds = Math.floor((now - this.#touchedNs[cpu]!) / SECOND);
    s.reports.printk('bug', `watchdog: BUG: soft lockup - CPU#${cpu} stuck for ${seconds}s! [${p.comm}:${p.pid}]`);
    const spinning = this.#spinning[cpu] ?? null;
    // unlike Linux, not each time: it is the same one
    if (spinning?.p !== p || spinning.told) return;
    spinning.told = true;
    for (const line of whereLines(p, cpu, spinning.where)) s.reports.printk('bug', line);
  }
}
