import { READ } from '@kernel-model/sim';
import { PF_KTHREAD, PF_NOFREEZE, PF_SUSPEND_TASK, TASK_FROZEN, type Task } from '@kernel-model/scheduler';
import type { SignalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/** Has the task to freeze now? @linux include/linux/freezer.h freezing() */
export function freezing(sigs: Signals, p: Task): boolean {
  sigs.s.sim.touch(sigs.freezer, 'state', READ);
  return sigs.freezer.active > 0 && freezingSlowPath(sigs, p);
}

/** @linux kernel/freezer.c freezing_slow_path() */
function freezingSlowPath(sigs: Signals, p: Task): boolean {
  if ((p.flags & (PF_NOFREEZE | PF_SUSPEND_TASK)) !== 0) return false;
  if (p.signal !== null && (p.signal as SignalState).oomVictim) return false;
  const { freezer } = sigs;
  return freezer.pmNosigFreezing || (freezer.pmFreezing && (p.flags & PF_KTHREAD) === 0);
}

/** Is the task frozen? @linux kernel/freezer.c frozen() */
export function frozen(p: Task): boolean {
  return (p.state & TASK_FROZEN) !== 0;
}
