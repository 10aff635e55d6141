import { DEQUEUE_SLEEP, EBUSY, EINVAL, ENQUEUE_WAKEUP } from './constants.ts';
import { reschedCurr, updateRqClock } from './core.ts';
import { dlEntityPreempt, dlRqChangeUtilization } from './dl-active.ts';
import { dlAdd, dlBwCpus, dlSub, toRatio } from './dl-bw.ts';
import { dequeueDlEntity, enqueueDlEntity, setupNewDlEntity, updateCurrDlSe } from './dl-entity.ts';
import { cancelDlTimer } from './dl-timer.ts';
import { isDlTask } from './prio.ts';
import type { Rq } from './rq.ts';
import { NO_DEADLINE } from './sched-entity.ts';
import type { Task } from './task.ts';

/**
 * The fair server: a deadline entity of each CPU on whose behalf fair tasks run when RT tasks leave them nothing. It has
 * 50 ms every second and waits ("defers") until the last moment at which these fit; whatever fair tasks get without its
 * help counts against them, so that usually it never runs.
 */

/** Budget and period of a fair server in ns. */
const RUNTIME = 50_000_000;
const PERIOD = 1_000_000_000;
/** What may be asked for, in ns. */
const PERIOD_MIN = 100_000;
const PERIOD_MAX: number = 2 ** 22 * 1000;

/** Tell the fair server of a CPU where it belongs; its bandwidth is reserved at the CPU's first fair task. @linux kernel/sched/fair.c fair_server_init() */
export function initFairServer(rq: Rq): void {
  rq.dl.fairServer.rq = rq;
}

/** The CPU has fair tasks: the server waits for its last moment, or goes on with an unfinished turn. @linux kernel/sched/deadline.c dl_server_start() */
export function dlServerStart(rq: Rq): void {
  const se = rq.dl.fairServer;
  if (!se.server) {
    dlServerApplyParams(rq, RUNTIME, PERIOD, true);
    se.server = se.defer = true;
    setupNewDlEntity(rq, se);
  }
  if (se.dlRuntime === 0 || se.serverActive) return;
  if (!rq.sched.onlineMask.has(rq.cpu)) {
    rq.sched.reports.warnOnce('dl-server-offline', `fair server started on offline CPU ${rq.cpu}`);
    return;
  }
  se.serverActive = true;
  enqueueDlEntity(se, ENQUEUE_WAKEUP);
  if (!isDlTask(rq.curr) || dlEntityPreempt(se, rq.curr.dl)) reschedCurr(rq);
}

/** The server's turn came and there was no fair task. What is left of its budget can be used until the deadline. @linux kernel/sched/deadline.c dl_server_stop() */
export function dlServerStop(rq: Rq): void {
  const se = rq.dl.fairServer;
  if (se.dlRuntime === 0) return;
  dequeueDlEntity(se, DEQUEUE_SLEEP);
  cancelDlTimer(se);
  se.deferArmed = se.throttled = se.serverActive = false;
}

/** A fair task ran, with the server's help or without. @param delta ns @linux kernel/sched/deadline.c dl_server_update() */
export function dlServerUpdate(rq: Rq, delta: number): void {
  const se = rq.dl.fairServer;
  if (se.dlRuntime !== 0) updateCurrDlSe(rq, se, delta);
}

/** The CPU was idle: fair tasks could have run. @param idle the idle task, whose execStart says since when @linux kernel/sched/deadline.c dl_server_update_idle_time() */
export function dlServerUpdateIdleTime(rq: Rq, idle: Task): void {
  const se = rq.dl.fairServer;
  if (!se.defer || se.runtime < 0) return;
  const delta = rq.clock - idle.se.execStart;
  if (delta < 0) return;
  se.runtime -= delta;
  if (se.runtime < 0) {
    se.deferRunning = false;
    se.runtime = 0;
  }
  idle.se.execStart = rq.clock;
}

/**
 * Reserve the bandwidth of a fair server.
 * @param runtime ns; 0 switches the server off
 * @param period ns
 * @param init for the first time
 * @returns 0, or -EBUSY
 * @linux kernel/sched/deadline.c dl_server_apply_params()
 */
export function dlServerApplyParams(rq: Rq, runtime: number, period: number, init: boolean): number {
  const s = rq.sched;
  const se = rq.dl.fairServer;
  const oldBw = init ? 0 : toRatio(se.dlPeriod, se.dlRuntime);
  const newBw = toRatio(period, runtime);
  if (s.rd.dlBw.overflows(dlBwCpus(s), oldBw, newBw)) return -EBUSY;
  if (init) {
    rq.dl.thisBw += newBw;
    dlAdd(s, newBw);
  } else {
    dlSub(s, se.dlBw);
    dlAdd(s, newBw);
    dlRqChangeUtilization(rq, se, newBw);
  }
  se.dlRuntime = runtime;
  se.dlDeadline = se.dlPeriod = period;
  se.runtime = 0;
  se.deadline = NO_DEADLINE;
  se.dlBw = se.dlDensity = newBw;
  return 0;
}

/**
 * What a write to debugfs sched/fair_server/cpuN/runtime or period does.
 * @param runtime ns, 0 .. period
 * @param period ns, 100 us .. 4.194304 s
 * @returns 0; -EINVAL for values out of range or before the CPU's first fair task; -EBUSY for too much bandwidth or an
 *   offline CPU
 * @linux kernel/sched/debug.c sched_fair_server_write()
 */
export function setFairServer(rq: Rq, runtime: number, period: number): number {
  const s = rq.sched;
  if (!rq.dl.fairServer.server || runtime > period || period > PERIOD_MAX || period < PERIOD_MIN) return -EINVAL;
  if (!s.onlineMask.has(rq.cpu)) return -EBUSY;
  updateRqClock(rq);
  dlServerStop(rq);
  const result = dlServerApplyParams(rq, runtime, period, false);
  if (runtime === 0) {
    s.reports.printk('info', `Fair server disabled in CPU ${rq.cpu}, system may crash due to starvation.`);
  }
  if (rq.cfs.hNrQueued > 0) dlServerStart(rq);
  return result;
}
