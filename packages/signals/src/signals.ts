import type { Scheduler, Task } from '@kernel-model/scheduler';
import { SCHED_PROCESS_WAIT, SIGNAL_DELIVER, SIGNAL_GENERATE, type Probe } from '@kernel-model/trace';
import { exitNotify } from './exit-notify.ts';
import { exitSignals } from './exit-signals.ts';
import { Freezer } from './freezer-state.ts';
import { fatalBitPending } from './signal-pending.ts';
import { signalState } from './signal-state.ts';

/** Signals and the freezer of one machine. Making one connects it to the scheduler's hooks. */
export class Signals {
  readonly freezer: Freezer = new Freezer();
  readonly generate: Probe;
  readonly deliver: Probe;
  readonly processWait: Probe;
  /** Who gets the orphans: pid 1, once there is one. @linux struct pid_namespace child_reaper */
  childReaper: Task | null = null;

  constructor(readonly s: Scheduler) {
    this.generate = s.hub.probe(SIGNAL_GENERATE);
    this.deliver = s.hub.probe(SIGNAL_DELIVER);
    this.processWait = s.hub.probe(SCHED_PROCESS_WAIT);
    s.connect({
      fatalSignalPending: fatalBitPending,
      exitSignals: (p) => exitSignals(this, p),
      oomScoreAdj: (p) => signalState(p).group.oomScoreAdj,
      doNotifyParent: (p) => exitNotify(this, p),
    });
  }
}
