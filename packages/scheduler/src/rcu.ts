import { RCU_SOFTIRQ, TICK_NSEC } from './constants.ts';
import type { Cpu } from './cpu.ts';
import { HrTimer, hrtimerStart } from './hrtimer.ts';
import type { Scheduler } from './scheduler.ts';
import { openSoftirq, raiseSoftirq } from './softirq.ts';
import { TimerList } from './timer-list.ts';
import { addTimerGlobal } from './timer.ts';

/** Jiffies that the grace-period thread sleeps before it looks for CPUs that idle. @linux kernel/rcu/tree.h RCU_JIFFIES_TILL_FORCE_QS */
const JIFFIES_TILL_FORCE_QS = 1;
/** Ticks from callRcu() to the callback if no other grace period is under way. */
export const RCU_GRACE_PERIOD_TICKS = 4;

/** Grace periods of the machine. @linux kernel/rcu/tree.h struct rcu_state */
export class RcuState {
  /** Grace periods that are over. */
  completed = 0;
  /** Tick in which the last one ended: its callbacks run in later ticks. */
  completedAtTick = -1;
  inProgress = false;
  /** Tick in which the one in progress began. */
  startedAtTick = -1;
  /** The number that {@link completed} has to reach before every callback may run. */
  needed = 0;
}

/** The callbacks of a CPU. @linux kernel/rcu/tree.h struct rcu_data */
export class RcuData {
  readonly callbacks: (() => void)[] = [];
  /** What `completed` has to reach before each callback may run; 0: not known yet, this CPU's next tick decides. */
  readonly needs: number[] = [];
  /** Stands in for the tick on an explored machine. */
  readonly explored: HrTimer;

  constructor(s: Scheduler) {
    this.explored = new HrTimer(s, raiseRcuSoftirq);
  }
}

/** Make the RCU softirq known. @linux kernel/rcu/tree.c rcu_init() */
export function initRcu(s: Scheduler): void {
  openSoftirq(s, RCU_SOFTIRQ, rcuCore);
}

/**
 * Call fn in softirq context on this CPU after a grace period.
 *
 * Unlike Linux, a grace period does not look for readers (they are steps of the machine and over by then) and needs no
 * thread: it begins in a tick of a CPU that has callbacks, ends when the timer of the thread would fire, two ticks
 * later, and the callbacks run in the CPU's tick after that: the fourth after the call if no other grace period was
 * under way. Linux takes a tick less or up to four more, depending on what else it does.
 * @linux kernel/rcu/tree.c call_rcu()
 */
export function callRcu(s: Scheduler, fn: () => void): void {
  const cpu = s.cpus[Math.max(s.cpu, 0)]!;
  cpu.rcu.callbacks.push(fn);
  cpu.rcu.needs.push(0);
  const { explored } = cpu.rcu;
  if (s.sim.explored && !explored.active)
    hrtimerStart(explored, (s.jiffies + RCU_GRACE_PERIOD_TICKS) * TICK_NSEC, cpu.id);
}

/** Has the CPU callbacks, so that it has to keep ticking? @linux kernel/rcu/tree.c rcu_needs_cpu() */
export function rcuNeedsCpu(cpu: Cpu): boolean {
  return cpu.rcu.callbacks.length > 0;
}

/** The tick's part: look after the callbacks in softirq context if there is something to do. @linux kernel/rcu/tree.c rcu_sched_clock_irq() */
export function rcuSchedClockIrq(cpu: Cpu): void {
  const { needs } = cpu.rcu;
  if (needs.length === 0) return;
  if (needs[needs.length - 1] === 0 || isOver(cpu.rq.sched, needs[0]!)) raiseSoftirq(cpu, RCU_SOFTIRQ);
}

/** Take over the callbacks of a CPU that went down: they wait for a new grace period. @linux kernel/rcu/tree.c rcutree_migrate_callbacks() */
export function rcuMigrateCallbacks(s: Scheduler, deadCpu: number, newCpu: number): void {
  const from = s.cpus[deadCpu]!.rcu;
  const to = s.cpus[newCpu]!.rcu;
  for (const fn of from.callbacks) {
    to.callbacks.push(fn);
    to.needs.push(0);
  }
  from.callbacks.length = from.needs.length = 0;
}

/** @linux kernel/rcu/tree.c rcu_core() */
function rcuCore(cpu: Cpu): void {
  const s = cpu.rq.sched;
  const { callbacks, needs } = cpu.rcu;
  if (s.sim.explored) {
    for (let n = callbacks.length; n > 0; n--) doCallback(cpu);
    return;
  }
  const { rcu } = s;
  // the thread takes a while to begin a grace period: what comes in the same tick is still part of it, what comes later
  // has to wait for the next one
  const need = rcu.completed + (rcu.inProgress && tickOf(s) > rcu.startedAtTick ? 2 : 1);
  for (let i = needs.length - 1; i >= 0 && needs[i] === 0; i--) needs[i] = rcu.needed = need;
  if (!rcu.inProgress && rcu.needed > rcu.completed) startGracePeriod(s);
  while (needs.length > 0 && isOver(s, needs[0]!)) doCallback(cpu);
}

function doCallback(cpu: Cpu): void {
  cpu.rcu.needs.shift();
  cpu.rcu.callbacks.shift()!();
}

function isOver(s: Scheduler, need: number): boolean {
  const { rcu } = s;
  if (need === 0 || need > rcu.completed) return false;
  return need < rcu.completed || tickOf(s) > rcu.completedAtTick;
}

/** @linux kernel/rcu/tree.c rcu_gp_init(), rcu_gp_fqs_loop() */
function startGracePeriod(s: Scheduler): void {
  s.rcu.inProgress = true;
  s.rcu.startedAtTick = tickOf(s);
  const timer = new TimerList(() => endGracePeriod(s), 0, s.cpu);
  timer.expires = s.jiffies + JIFFIES_TILL_FORCE_QS;
  addTimerGlobal(s, timer);
}

/** @linux kernel/rcu/tree.c rcu_gp_cleanup() */
function endGracePeriod(s: Scheduler): void {
  const { rcu } = s;
  rcu.completed++;
  rcu.completedAtTick = tickOf(s);
  rcu.inProgress = false;
  if (rcu.needed > rcu.completed) startGracePeriod(s);
}

/** The CPU whose tick advances jiffies may tick last: read the clock instead. */
function tickOf(s: Scheduler): number {
  return Math.floor(s.sim.now / TICK_NSEC);
}

function raiseRcuSoftirq(cpu: Cpu): void {
  raiseSoftirq(cpu, RCU_SOFTIRQ);
}
