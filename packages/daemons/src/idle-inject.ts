import type { MaySleep } from '@kernel-model/sim';
import {
  EINVAL,
  HRTIMER_MODE_PINNED,
  HRTIMER_MODE_REL,
  HrTimer,
  busy,
  hrtimerCancel,
  hrtimerStart,
  schedSetFifo,
  wakeUpProcess,
  type Cpumask,
  type Scheduler,
} from '@kernel-model/scheduler';
import type { SmpHotplugThread } from '@kernel-model/kthread';

/**
 * idle_inject/N: keeps its CPU cool by doing nothing there, at real-time priority, for a part of each period.
 * @linux drivers/powercap/idle_inject.c
 */
export class IdleInject {
  readonly threads: SmpHotplugThread;
  readonly #shouldRun: boolean[] = [];
  /** Time to run and to idle in us, by CPU; undefined: not wanted there. */
  readonly #durations: (readonly [runUs: number, idleUs: number] | undefined)[] = [];
  readonly #timers: (HrTimer | undefined)[] = [];

  constructor(readonly s: Scheduler) {
    this.threads = {
      threadComm: 'idle_inject/%u',
      store: [],
      threadShouldRun: (cpu) => this.#shouldRun[cpu] === true,
      threadFn: (cpu) => this.#play(cpu),
      setup: (cpu) => schedSetFifo(s, this.threads.store[cpu]!),
    };
  }

  /**
   * Begin to idle on some CPUs: idleUs of each runUs + idleUs.
   * @returns 0, or -EINVAL without a duration
   * @linux drivers/powercap/idle_inject.c idle_inject_start()
   */
  start(cpus: Cpumask, runUs: number, idleUs: number): number {
    if (runUs <= 0 && idleUs <= 0) return -EINVAL;
    const { s } = this;
    for (const cpu of cpus.and(s.onlineMask)) {
      this.#durations[cpu] = [runUs, idleUs];
      const timer = (this.#timers[cpu] ??= new HrTimer(
        s,
        () => this.#wake(cpu),
        HRTIMER_MODE_REL | HRTIMER_MODE_PINNED,
        'idle_inject_timer_fn',
      ));
      this.#wake(cpu);
      hrtimerStart(timer, s.sim.now + (runUs + idleUs) * 1000, cpu);
    }
    return 0;
  }

  /** Let the CPUs work again. @linux drivers/powercap/idle_inject.c idle_inject_stop() */
  stop(): void {
    for (const timer of this.#timers) if (timer !== undefined) hrtimerCancel(timer);
    this.#durations.length = 0;
  }

  /** @linux drivers/powercap/idle_inject.c idle_inject_timer_fn() */
  #wake(cpu: number): void {
    const { s } = this;
    const d = this.#durations[cpu];
    const p = this.threads.store[cpu];
    if (d === undefined || p === undefined) return;
    this.#shouldRun[cpu] = true;
    wakeUpProcess(s, p);
    const timer = this.#timers[cpu]!;
    if (!timer.active) hrtimerStart(timer, s.sim.now + (d[0] + d[1]) * 1000, cpu);
  }

  /**
   * Unlike Linux, the CPU does not stop its tick: what counts is that nobody else of lower priority runs.
   * @linux kernel/sched/idle.c play_idle_precise()
   */
  *#play(cpu: number): MaySleep<void> {
    this.#shouldRun[cpu] = false;
    const d = this.#durations[cpu];
    if (d !== undefined) yield* busy(this.s, d[1]);
  }
}
