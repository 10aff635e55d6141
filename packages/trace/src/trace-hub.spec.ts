import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { config, Subscription } from 'rxjs';
import { World } from '../test/world.ts';
import {
  AT,
  isEvent,
  SCHED_KTHREAD_STOP_RET,
  SCHED_SWITCH,
  SCHED_WAKING,
  TraceSelection,
  VALUES,
  type RecordSink,
} from './index.ts';

/** A world in which CPU 0 runs ahead to 105 within its step, while CPU 1 acts at 102. */
function ahead(): { world: World; ret: ReturnType<World['hub']['probe']> } {
  const world = new World();
  const ret = world.hub.probe(SCHED_KTHREAD_STOP_RET);
  world.at(100, 0, 10, 'a', () => {
    ret.emit(1);
    world.sim.charge(5);
    ret.emit(2);
  });
  world.at(102, 1, 11, 'b', () => ret.emit(3));
  world.at(105, 1, 11, 'b', () => ret.emit(4));
  world.at(300, 1, 11, 'b', () => ret.emit(5));
  return { world, ret };
}

describe('a trace hub', () => {
  test('tells events in order of instant and emission, whatever CPU ran ahead', () => {
    const { world } = ahead();
    const told: [number, number, number][] = [];
    world.hub.on(SCHED_KTHREAD_STOP_RET).subscribe((e) => told.push([e.at, e.cpu, e.fields.ret]));
    world.run();
    expect(told).toEqual([
      [100, 0, 1],
      [102, 1, 3],
      [105, 0, 2],
      [105, 1, 4],
      [300, 1, 5],
    ]);
  });

  test('holds back what an earlier event may precede, until it cannot any more', () => {
    const { world } = ahead();
    const told: number[] = [];
    world.hub.on(SCHED_KTHREAD_STOP_RET).subscribe((e) => told.push(e.fields.ret));
    let steps = 0;
    world.sim.run(() => steps++ === 1);
    expect(told).toEqual([1]);
    world.hub.flush();
    expect(told).toEqual([1, 2]);
  });

  test('keeps the order of a long stretch in which CPUs overtake each other', () => {
    const world = new World();
    const ret = world.hub.probe(SCHED_KTHREAD_STOP_RET);
    for (let step = 0; step < 400; step++) {
      world.at(step * 10, step % 7, 1, 'x', () => {
        for (let i = 0; i < 5; i++) {
          ret.emit(step);
          world.sim.charge((step * 7 + i * 13) % 97);
        }
      });
    }
    const at: number[] = [];
    world.hub.events$.subscribe((e) => at.push(e.at));
    world.run();
    expect(at).toHaveLength(2000);
    expect(at).toEqual([...at].sort((a, b) => a - b));
  });

  test('enables a tracepoint while somebody listens, and no longer', () => {
    const { hub } = new World();
    const waking = hub.probe(SCHED_WAKING);
    const ret = hub.probe(SCHED_KTHREAD_STOP_RET);
    const enabled = (): boolean[] => [waking.enabled, ret.enabled];
    expect(enabled()).toEqual([false, false]);
    const one = hub.on(SCHED_WAKING).subscribe();
    const two = hub.on(SCHED_WAKING).subscribe();
    expect(enabled()).toEqual([true, false]);
    one.unsubscribe();
    expect(enabled()).toEqual([true, false]);
    const all = hub.events$.subscribe();
    two.unsubscribe();
    expect(enabled()).toEqual([true, true]);
    expect(hub.probe(SCHED_SWITCH).enabled).toBe(true);
    all.unsubscribe();
    expect(enabled()).toEqual([false, false]);
    const detach = hub.attach({ take() {} });
    expect(enabled()).toEqual([true, true]);
    detach();
    detach();
    expect(enabled()).toEqual([false, false]);
  });

  test('counts who listens, and nobody does when it is disposed of', () => {
    const { hub } = new World();
    const one = hub.on(SCHED_WAKING).subscribe();
    hub.on(SCHED_SWITCH).subscribe();
    hub.events$.subscribe();
    const detach = hub.attach({ take() {} });
    hub.attach({ take() {} }, new TraceSelection([SCHED_SWITCH]));
    expect(hub.nrListeners).toBe(5);
    one.unsubscribe();
    detach();
    expect(hub.nrListeners).toBe(3);
    hub.dispose();
    expect(hub.nrListeners).toBe(0);
  });

  test('records nothing that nobody listens to', () => {
    const { world } = ahead();
    const record = jest.spyOn(world.hub, 'record');
    world.run();
    expect(record).not.toHaveBeenCalled();
  });

  test('makes no event objects for a sink alone', () => {
    const { world } = ahead();
    const event = jest.spyOn(world.hub, 'event');
    let count = 0;
    const sink: RecordSink = { take: () => void count++ };
    world.hub.attach(sink);
    world.run();
    expect([count, event.mock.calls.length]).toEqual([5, 0]);
  });

  test('gives an immediate sink a record within the step, but none that an earlier one may still precede', () => {
    const { world, ret } = ahead();
    const taken: number[] = [];
    const log: string[] = [];
    world.hub.attach({
      immediate: true,
      take: (data, offset) => void taken.push(data[offset + VALUES]!),
      stepOver: () => void log.push(taken.join(' ')),
    });
    world.at(400, 0, 10, 'a', () => {
      ret.emit(6);
      log.push(`within ${taken.at(-1)}`);
    });
    world.run();
    expect(log).toEqual(['1', '1 3 2', '1 3 2 4', '1 3 2 4 5', 'within 6', '1 3 2 4 5 6']);
  });

  test('gives an immediate sink nothing before the step is over while somebody else listens', () => {
    const world = new World();
    const ret = world.hub.probe(SCHED_KTHREAD_STOP_RET);
    let taken = 0;
    let within = -1;
    world.hub.attach({ immediate: true, take: () => void taken++ });
    const listener = world.hub.on(SCHED_WAKING).subscribe();
    const emit = (): void => {
      ret.emit(1);
      within = taken;
    };
    world.at(1, 0, 10, 'a', emit);
    world.run();
    expect([within, taken]).toEqual([0, 1]);
    listener.unsubscribe();
    world.at(2, 0, 10, 'a', emit);
    world.run();
    expect([within, taken]).toEqual([2, 2]);
  });

  test('gives a sink with a selection these tracepoints alone, enables them alone, and stops at its instant', () => {
    const world = new World();
    const { hub } = world;
    const [ret, waking] = [hub.probe(SCHED_KTHREAD_STOP_RET), hub.probe(SCHED_WAKING)];
    const selection = new TraceSelection([SCHED_KTHREAD_STOP_RET]);
    const taken: number[] = [];
    const sink: RecordSink = { take: (data, offset) => void taken.push(data[offset + AT]!) };
    const detach = hub.attach(sink, selection);
    expect([ret.enabled, waking.enabled]).toEqual([true, false]);
    const other = hub.on(SCHED_WAKING).subscribe();
    for (const atNs of [10, 20, 30, 40]) {
      world.at(atNs, 0, 5, 'a', () => {
        if (atNs === 30) selection.untilNs = 30;
        waking.emit();
        ret.emit();
      });
    }
    world.run();
    expect(taken).toEqual([10, 20, 30]);
    detach();
    expect([ret.enabled, waking.enabled]).toEqual([false, true]);
    other.unsubscribe();
  });

  test('lets the error of a sink end the run, and can still tell the rest', () => {
    const { world } = ahead();
    let fails = true;
    let count = 0;
    world.hub.attach({
      take() {
        if (fails) throw new Error('disk full');
        count++;
      },
    });
    expect(() => world.run()).toThrow('disk full');
    fails = false;
    world.run();
    expect(count).toBe(4);
  });

  test('gives each event its context, its fields under the names of the kernel, and its text', () => {
    const world = new World();
    const { hub } = world;
    const waking = hub.probe(SCHED_WAKING);
    world.at(7, 1, 0, 'swapper/1', () => waking.emit(hub.intern('kthreadd'), 2, 120, 1));
    const seen: unknown[] = [];
    hub.events$.subscribe((e) => {
      const { at, cpu, pid, comm, name, text } = e;
      seen.push({ at, cpu, pid, comm, name, text });
      if (isEvent(e, SCHED_WAKING)) seen.push(e.fields.target_cpu, e.fields);
    });
    world.run();
    expect(seen).toEqual([
      {
        at: 7,
        cpu: 1,
        pid: 0,
        comm: '<idle>',
        name: 'sched_waking',
        text: 'comm=kthreadd pid=2 prio=120 target_cpu=001',
      },
      1,
      { comm: 'kthreadd', pid: 2, prio: 120, target_cpu: 1 },
    ]);
  });

  test('completes its streams when it is disposed of, after what was left to tell', () => {
    const { world, ret } = ahead();
    const log: (string | number)[] = [];
    const subscriptions = new Subscription();
    subscriptions.add(
      world.hub
        .on(SCHED_KTHREAD_STOP_RET)
        .subscribe({ next: (e) => log.push(e.fields.ret), complete: () => log.push('one') }),
    );
    subscriptions.add(world.hub.events$.subscribe({ complete: () => log.push('all') }));
    let steps = 0;
    world.sim.run(() => steps++ === 1);
    world.hub.dispose();
    expect(log).toEqual([1, 2, 'all', 'one']);
    expect(ret.enabled).toBe(false);
    world.hub.events$.subscribe({ complete: () => log.push('late') });
    world.run();
    expect(log).toEqual([1, 2, 'all', 'one', 'late']);
  });
});

describe('an observer that throws', () => {
  afterEach(() => {
    config.onUnhandledError = null;
    jest.useRealTimers();
  });

  test('stops neither the machine nor the other observers', () => {
    jest.useFakeTimers();
    const reported: unknown[] = [];
    config.onUnhandledError = (error) => reported.push(error);
    const { world } = ahead();
    const told: number[] = [];
    world.hub.on(SCHED_KTHREAD_STOP_RET).subscribe(() => {
      throw new Error('observer');
    });
    world.hub.on(SCHED_KTHREAD_STOP_RET).subscribe((e) => told.push(e.fields.ret));
    world.run();
    expect(told).toEqual([1, 3, 2, 4, 5]);
    jest.runAllTimers();
    expect(reported).toHaveLength(5);
  });
});
