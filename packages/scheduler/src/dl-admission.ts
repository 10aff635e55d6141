import { dlPolicy } from './prio.ts';
import { dlRqChangeUtilization } from './dl-active.ts';
import { dlAdd, dlBwCpus, dlSub, toRatio } from './dl-bw.ts';
import { SCHED_DL_FLAGS, SCHED_FLAG_SUGOV, type SchedAttr } from './sched-attr.ts';
import type { Task } from './task.ts';

/** Least period in ns. @linux kernel/sched/deadline.c sysctl_sched_dl_period_min */
const PERIOD_MIN = 100_000;
/** Greatest period in ns. @linux kernel/sched/deadline.c sysctl_sched_dl_period_max */
const PERIOD_MAX: number = 2 ** 22 * 1000;
/** Least runtime in ns: what the arithmetic can resolve. */
const RUNTIME_MIN = 1024;

/** Do the deadline parameters make sense? runtime <= deadline <= period. @linux kernel/sched/deadline.c __checkparam_dl() */
export function checkparamDl(attr: SchedAttr): boolean {
  if (((attr.flags ?? 0) & SCHED_FLAG_SUGOV) !== 0) return true;
  const runtime = attr.runtime ?? 0;
  const deadline = attr.deadline ?? 0;
  const period = periodOf(attr);
  if (deadline === 0 || runtime < RUNTIME_MIN) return false;
  if (period < deadline || deadline < runtime) return false;
  return period >= PERIOD_MIN && period <= PERIOD_MAX;
}

/** Store the parameters of a deadline task; budget and deadline follow when it is queued. @linux kernel/sched/deadline.c __setparam_dl() */
export function setparamDl(p: Task, attr: SchedAttr): void {
  const se = p.dl;
  se.dlRuntime = attr.runtime ?? 0;
  se.dlDeadline = attr.deadline ?? 0;
  se.dlPeriod = periodOf(attr);
  se.flags = (attr.flags ?? 0) & SCHED_DL_FLAGS;
  se.dlBw = toRatio(se.dlPeriod, se.dlRuntime);
  se.dlDensity = toRatio(se.dlDeadline, se.dlRuntime);
}

/** @linux kernel/sched/deadline.c dl_param_changed() */
export function dlParamChanged(p: Task, attr: SchedAttr): boolean {
  const se = p.dl;
  return (
    se.dlRuntime !== (attr.runtime ?? 0) ||
    se.dlDeadline !== (attr.deadline ?? 0) ||
    se.dlPeriod !== (attr.period ?? 0) ||
    se.flags !== ((attr.flags ?? 0) & SCHED_DL_FLAGS)
  );
}

/**
 * Reserve the bandwidth for a task that enters the deadline class or changes its parameters. One that leaves gives its
 * bandwidth back at its 0-lag time.
 * @returns whether there is not enough
 * @linux kernel/sched/deadline.c sched_dl_overflow()
 */
export function schedDlOverflow(p: Task, policy: number, attr: SchedAttr): boolean {
  if (((attr.flags ?? 0) & SCHED_FLAG_SUGOV) !== 0) return false;
  const s = p.rq.sched;
  const { dlBw } = s.rd;
  const had = dlPolicy(p.policy);
  const bw = dlPolicy(policy) ? toRatio(periodOf(attr), attr.runtime ?? 0) : 0;
  if (had && (bw === p.dl.dlBw || !dlPolicy(policy))) return false;
  if (!dlPolicy(policy)) return true;
  if (dlBw.overflows(dlBwCpus(s), had ? p.dl.dlBw : 0, bw)) return true;
  if (had || p.dl.inactiveTimer?.active === true) dlSub(s, p.dl.dlBw);
  dlAdd(s, bw);
  if (had && p.onRq !== 1) dlRqChangeUtilization(p.rq, p.dl, bw);
  return false;
}

function periodOf(attr: SchedAttr): number {
  return attr.period || (attr.deadline ?? 0);
}
