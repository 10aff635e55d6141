import { describe, expect, test } from '@jest/globals';
import { World } from '../test/world.ts';
import { SCHED_KTHREAD_STOP_RET, SCHED_WAKING, TraceRecorder, TraceRing } from './index.ts';

function emitting(count: number): World {
  const world = new World();
  const ret = world.hub.probe(SCHED_KTHREAD_STOP_RET);
  const waking = world.hub.probe(SCHED_WAKING);
  const name = world.hub.intern('worker');
  for (let i = 0; i < count; i++) {
    world.at(i * 10, i % 2, 5, 'km main-1', () => (i % 3 === 0 ? ret.emit(i) : waking.emit(name, i, 120, 1)));
  }
  return world;
}

describe('a ring', () => {
  test('keeps the last records and counts those it overwrote', () => {
    const world = emitting(10);
    const ring = new TraceRing(world.hub, 4);
    world.run();
    expect([ring.count, ring.written, ring.overrun]).toEqual([4, 10, 6]);
    expect(ring.events().map((e) => e.text)).toEqual([
      'ret=6',
      'comm=worker pid=7 prio=120 target_cpu=001',
      'comm=worker pid=8 prio=120 target_cpu=001',
      'ret=9',
    ]);
  });

  test('is empty before the first record', () => {
    const ring = new TraceRing(new World().hub, 4);
    expect([ring.count, ring.overrun, ring.events()]).toEqual([0, 0, []]);
  });

  test('takes in nothing after it was stopped', () => {
    const world = emitting(10);
    const ring = new TraceRing(world.hub, 4);
    ring.stop();
    world.run();
    expect(ring.written).toBe(0);
    expect(world.hub.probe(SCHED_WAKING).enabled).toBe(false);
  });
});

describe('a recorder', () => {
  test('keeps every record, beyond one piece of memory', () => {
    const world = emitting(20_000);
    const recorder = new TraceRecorder(world.hub);
    const whole = new TraceRing(world.hub, 20_000);
    world.run();
    expect([recorder.count, recorder.written]).toEqual([20_000, 20_000]);
    expect(recorder.events()).toEqual(whole.events());
  });
});
