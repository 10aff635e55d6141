import type { MaySleep } from '@kernel-model/sim';
import { Cpumask } from './cpumask.ts';
import { TASK_IDLE, TASK_RUNNING } from './constants.ts';
import {
  RCU_GP_FLAG_FQS,
  RCU_GP_FLAG_INIT,
  noteGpChanges,
  rcuAccelerateCbs,
  rcuReportQs,
  type RcuState,
} from './rcu.ts';
import { scheduleTimeout } from './schedule-timeout.ts';
import { schedule, setCurrentState } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';

/** Jiffies that the thread sleeps before it looks for CPUs that idle. @linux kernel/rcu/tree.h RCU_JIFFIES_TILL_FORCE_QS */
const JIFFIES_TILL_FORCE_QS = 1;
/** What beginning a grace period, and looking after it, cost, in ns. */
const GP_NS = 1000;

/**
 * What rcu_preempt does for ever: wait until somebody wants a grace period, begin it, wait until every CPU has passed
 * through a quiescent state, end it.
 * @linux kernel/rcu/tree.c rcu_gp_kthread()
 */
export function* rcuGpKthread(s: Scheduler): MaySleep<never> {
  const { rcu } = s;
  const me = s.current;
  rcu.gpKthread = me;
  for (;;) {
    me.waitsFor = 'a request for a grace period';
    yield* sleepUnless(s, () => (rcu.gpFlags & RCU_GP_FLAG_INIT) !== 0, Infinity);
    me.waitsFor = '';
    gpInit(s);
    yield* fqsLoop(s);
    gpCleanup(s);
  }
}

/** Sleep until woken, or for so many jiffies, unless `ready` says that there is no need to. @linux include/linux/swait.h swait_event_idle_timeout_exclusive() */
function* sleepUnless(s: Scheduler, ready: () => boolean, jiffies: number): MaySleep<void> {
  const { rcu } = s;
  const me = s.current;
  let left = jiffies;
  while (left > 0) {
    rcu.gpWaits = true;
    yield* setCurrentState(s, TASK_IDLE);
    if (ready()) break;
    if (left === Infinity) yield* schedule(s);
    else left = yield* scheduleTimeout(s, left);
  }
  me.state = TASK_RUNNING;
  rcu.gpWaits = false;
}

/** @linux kernel/rcu/tree.c rcu_gp_init() */
function gpInit(s: Scheduler): void {
  const { rcu } = s;
  rcu.gpFlags = 0;
  rcu.inProgress = true;
  rcu.qsMask = s.onlineMask;
  noteGpChanges(rcu, s.cpus[s.cpu]!);
  s.sim.charge(GP_NS);
}

/** @linux kernel/rcu/tree.c rcu_gp_fqs_loop() */
function* fqsLoop(s: Scheduler): MaySleep<void> {
  const { rcu } = s;
  const over = (): boolean => rcu.qsMask.empty;
  const idleEntries: number[] = [];
  let forceAt = 0;
  let keepTiming = false;
  let first = true;
  for (;;) {
    if (!keepTiming) forceAt = s.jiffies + JIFFIES_TILL_FORCE_QS;
    yield* sleepUnless(s, () => (rcu.gpFlags & RCU_GP_FLAG_FQS) !== 0 || over(), Math.max(forceAt - s.jiffies, 1));
    s.sim.charge(GP_NS);
    if (over()) return;
    keepTiming = s.jiffies < forceAt;
    if (keepTiming) continue;
    forceQs(s, first, idleEntries);
    first = false;
  }
}

/**
 * Count CPUs that idle, or have idled since the first time, as quiescent.
 * @linux kernel/rcu/tree.c rcu_gp_fqs(), rcu_watching_snap_save(), rcu_watching_snap_recheck()
 */
function forceQs(s: Scheduler, first: boolean, idleEntries: number[]): void {
  for (const id of s.rcu.qsMask) {
    const cpu = s.cpus[id]!;
    const { curr, idle } = cpu.rq;
    if (first) idleEntries[id] = cpu.rcu.idleEntries;
    const quiescent = curr === idle || cpu.rcu.idleEntries !== idleEntries[id] || !s.onlineMask.has(id);
    if (quiescent) rcuReportQs(s, id);
  }
  s.rcu.gpFlags &= ~RCU_GP_FLAG_FQS;
}

/** @linux kernel/rcu/tree.c rcu_gp_cleanup() */
function gpCleanup(s: Scheduler): void {
  const { rcu } = s;
  const cpu = s.cpus[s.cpu]!;
  rcu.completed++;
  rcu.inProgress = false;
  rcu.qsMask = Cpumask.NONE;
  rcu.gpFlags = 0;
  noteGpChanges(rcu, cpu);
  rcuAccelerateCbs(rcu, cpu.rcu);
  if (wanted(rcu)) rcu.gpFlags = RCU_GP_FLAG_INIT;
}

function wanted(rcu: RcuState): boolean {
  return rcu.needed > rcu.completed;
}
