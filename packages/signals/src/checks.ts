import { violated } from '@kernel-model/sim';
import { PF_EXITING, PF_KTHREAD, PF_NOFREEZE, type Task } from '@kernel-model/scheduler';
import { frozen } from './freezing.ts';
import { JOBCTL_STOPPED } from './jobctl.ts';
import { taskSigpending } from './signal-pending.ts';
import type { SignalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * What must hold of every task's signals between steps. Slow.
 * @throws InvariantViolation
 */
export function checkSignals(sigs: Signals): void {
  for (const p of sigs.s.tasks.values()) {
    if (frozen(p) && (p.flags & PF_NOFREEZE) !== 0 && p.rq.curr !== p) {
      throw violated('SIG_FROZEN', `${p.comm}/${p.pid} is frozen although it may not be`);
    }
    if (p.signal !== null) checkTask(p, p.signal as SignalState);
  }
  const { freezer } = sigs;
  if (freezer.pmFreezing && freezer.active === 0) throw violated('SIG_FREEZER', 'a freeze goes on that is not active');
}

function checkTask(p: Task, state: SignalState): void {
  const { group, pending, blocked } = state;
  // a stopped task looks at its signals when it goes on, an exiting one never again
  const looks = group.single && (state.jobctl & JOBCTL_STOPPED) === 0 && (p.flags & PF_EXITING) === 0;
  if (looks && !taskSigpending(p)) {
    if (pending.signal.hasOutside(blocked) || group.sharedPending.signal.hasOutside(blocked)) {
      throw violated('SIG_PENDING', `${p.comm}/${p.pid} has a signal to take but is not told`);
    }
  }
  if ((p.flags & PF_KTHREAD) !== 0 && pending.list.length + group.sharedPending.list.length > 0) {
    throw violated('SIG_KTHREAD_QUEUE', `${p.comm}/${p.pid} is a kernel thread with queued signal information`);
  }
}
