import type { MaySleep } from '@kernel-model/sim';
import {
  HZ,
  TASK_FREEZABLE,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  addTimer,
  schedule,
  scheduleTimeoutIdle,
  setCurrentState,
  timerSetup,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadRun, type Kthreads } from '@kernel-model/kthread';
import { setFreezable, tryToFreeze } from '@kernel-model/signals';
import {
  FINISH_TASK_REAPING,
  SKIP_TASK_REAPING,
  START_TASK_REAPING,
  WAKE_REAPER,
  type Probe,
} from '@kernel-model/trace';

/** How often it tries to take a victim's memory. @linux mm/oom_kill.c MAX_OOM_REAP_RETRIES */
export const MAX_OOM_REAP_RETRIES = 10;
/** Time that a victim has to exit by itself, in jiffies. @linux mm/oom_kill.c OOM_REAPER_DELAY */
export const OOM_REAPER_DELAY: number = 2 * HZ;

/** A process that the OOM killer has killed. */
export interface OomVictim {
  readonly comm: string;
  readonly pid: number;
  /** Take its memory. @returns false if somebody holds the lock of its address space */
  reap(): MaySleep<boolean>;
  /** What it has left, in KiB. */
  readonly rssKb: number;
  /** Its memory is gone, or given up: the next victim may be chosen. @linux MMF_OOM_SKIP */
  skip: boolean;
}

/** oom_reaper: takes the memory of a killed process that does not come to exit. @linux mm/oom_kill.c */
export class OomReaper {
  task: Task | null = null;
  /** Latest first. */
  readonly #list: OomVictim[] = [];
  readonly #queued: Set<OomVictim> = new Set();

  readonly #probes: { readonly wake: Probe; readonly start: Probe; readonly finish: Probe; readonly skip: Probe };

  constructor(readonly k: Kthreads) {
    const { hub } = k.s;
    this.#probes = {
      wake: hub.probe(WAKE_REAPER),
      start: hub.probe(START_TASK_REAPING),
      finish: hub.probe(FINISH_TASK_REAPING),
      skip: hub.probe(SKIP_TASK_REAPING),
    };
  }

  /** Start the thread. @linux mm/oom_kill.c oom_init() */
  *start(): MaySleep<void> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, 'oom_reaper');
    if (typeof p !== 'number') this.task = p;
  }

  /** A victim was killed: once each, its memory is looked after in 2 s. @linux mm/oom_kill.c queue_oom_reaper() */
  queue(victim: OomVictim): void {
    if (this.#queued.has(victim)) return;
    this.#queued.add(victim);
    const { s } = this.k;
    const timer = timerSetup(s, () => this.#wake(victim));
    timer.expires = s.jiffies + OOM_REAPER_DELAY;
    addTimer(s, timer);
  }

  /** @emits wake_reaper @linux mm/oom_kill.c wake_oom_reaper() */
  #wake(victim: OomVictim): void {
    // it has exited in time
    if (victim.skip || this.task === null) return;
    this.#list.unshift(victim);
    const { wake } = this.#probes;
    if (wake.enabled) wake.emit(victim.pid);
    wakeUpProcess(this.k.s, this.task);
  }

  /** @linux mm/oom_kill.c oom_reaper() */
  *#thread(): MaySleep<number> {
    const { s, signals } = this.k;
    yield* setFreezable(signals);
    for (;;) {
      yield* setCurrentState(s, TASK_INTERRUPTIBLE | TASK_FREEZABLE);
      const victim = this.#list.shift();
      if (victim === undefined) {
        yield* schedule(s);
        yield* tryToFreeze(signals);
        continue;
      }
      s.current.state = TASK_RUNNING;
      yield* this.#reap(victim);
    }
  }

  /**
   * @returns whether nothing is left to do
   * @emits start_task_reaping, finish_task_reaping, skip_task_reaping
   * @linux mm/oom_kill.c oom_reap_task_mm()
   */
  *#attempt(victim: OomVictim): MaySleep<boolean> {
    const { start, finish, skip } = this.#probes;
    const done = victim.skip || (yield* victim.reap());
    const probes = done && !victim.skip ? [start, finish] : [skip];
    for (const probe of probes) if (probe.enabled) probe.emit(victim.pid);
    if (probes.length === 2) {
      const { comm, pid, rssKb } = victim;
      const left = `now anon-rss:${rssKb}kB, file-rss:0kB, shmem-rss:0kB`;
      this.k.s.reports.printk('info', `oom_reaper: reaped process ${pid} (${comm}), ${left}`);
    }
    return done;
  }

  /** @linux mm/oom_kill.c oom_reap_task() */
  *#reap(victim: OomVictim): MaySleep<void> {
    const { s } = this.k;
    let attempts = 0;
    while (attempts++ < MAX_OOM_REAP_RETRIES && !(yield* this.#attempt(victim))) yield* scheduleTimeoutIdle(s, HZ / 10);
    if (attempts > MAX_OOM_REAP_RETRIES && !victim.skip)
      s.reports.printk('info', `oom_reaper: unable to reap pid:${victim.pid} (${victim.comm})`);
    victim.skip = true;
  }
}
