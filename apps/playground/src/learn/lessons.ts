import type { Lesson } from './lesson.ts';
import { eevdf } from './lessons/eevdf/lesson.ts';
import { hotplug } from './lessons/hotplug/lesson.ts';
import { kernelThread } from './lessons/kernel-thread/lesson.ts';
import { kswapd } from './lessons/kswapd/lesson.ts';
import { kthreadWorker } from './lessons/kthread-worker/lesson.ts';
import { kthreadd } from './lessons/kthreadd/lesson.ts';
import { lazyTlb } from './lessons/lazy-tlb/lesson.ts';
import { lostWakeup } from './lessons/lost-wakeup/lesson.ts';
import { preemption } from './lessons/preemption/lesson.ts';
import { signals } from './lessons/signals/lesson.ts';
import { stopAndPark } from './lessons/stop-and-park/lesson.ts';
import { workqueue } from './lessons/workqueue/lesson.ts';

/** In the order in which they build on each other. */
export const LESSONS: readonly Lesson[] = [
  kernelThread,
  kthreadd,
  stopAndPark,
  lostWakeup,
  signals,
  eevdf,
  preemption,
  lazyTlb,
  workqueue,
  kthreadWorker,
  kswapd,
  hotplug,
];
