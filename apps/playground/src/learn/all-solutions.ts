import { eevdfSolutions } from './lessons/eevdf/solutions.ts';
import { hotplugSolutions } from './lessons/hotplug/solutions.ts';
import { kernelThreadSolutions } from './lessons/kernel-thread/solutions.ts';
import { kswapdSolutions } from './lessons/kswapd/solutions.ts';
import { kthreadWorkerSolutions } from './lessons/kthread-worker/solutions.ts';
import { kthreaddSolutions } from './lessons/kthreadd/solutions.ts';
import { lazyTlbSolutions } from './lessons/lazy-tlb/solutions.ts';
import { lostWakeupSolutions } from './lessons/lost-wakeup/solutions.ts';
import { preemptionSolutions } from './lessons/preemption/solutions.ts';
import { signalsSolutions } from './lessons/signals/solutions.ts';
import { stopAndParkSolutions } from './lessons/stop-and-park/solutions.ts';
import { workqueueSolutions } from './lessons/workqueue/solutions.ts';
import type { Solutions } from './solutions.ts';

/** By lesson. */
export const SOLUTIONS: Readonly<Record<string, Solutions>> = {
  'kernel-thread': kernelThreadSolutions,
  kthreadd: kthreaddSolutions,
  'stop-and-park': stopAndParkSolutions,
  'lost-wakeup': lostWakeupSolutions,
  signals: signalsSolutions,
  eevdf: eevdfSolutions,
  preemption: preemptionSolutions,
  'lazy-tlb': lazyTlbSolutions,
  workqueue: workqueueSolutions,
  'kthread-worker': kthreadWorkerSolutions,
  kswapd: kswapdSolutions,
  hotplug: hotplugSolutions,
};
