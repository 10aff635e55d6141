import type { MaySleep } from '@kernel-model/sim';
import { Cpumask } from '@kernel-model/scheduler';
import { workqueueOfflineCpu, workqueueOnlineCpu } from '../src/index.ts';
import type { World } from './world.ts';

/** Take CPU 1 down, as far as workqueues are concerned: its threads leave. */
export function* down(m: World): MaySleep<void> {
  const { s } = m;
  const p = yield* m.spawn('cpuhp/1', () => workqueueOfflineCpu(m.w, 1), 1);
  while (p.exitState === 0 && s.tasks.has(p.pid)) yield* m.sleep(1);
  s.onlineMask = s.activeMask = s.onlineMask.andNot(Cpumask.of(1));
}

/** Undo {@link down}. */
export function* up(m: World): MaySleep<void> {
  m.s.onlineMask = m.s.activeMask = m.s.onlineMask.or(Cpumask.of(1));
  yield* workqueueOnlineCpu(m.w, 1);
}
