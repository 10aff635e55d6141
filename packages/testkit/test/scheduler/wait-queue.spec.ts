import { describe, expect, test } from '@jest/globals';
import {
  ERESTARTSYS,
  ETIME,
  TASK_FREEZABLE,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_KILLABLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  TIF_SIGPENDING,
  WQ_FLAG_EXCLUSIVE,
  WQ_FLAG_PRIORITY,
  WQ_FLAG_WOKEN,
  WaitQueueEntry,
  WaitQueueHead,
  addWaitQueue,
  addWaitQueueExclusive,
  defaultWakeFunction,
  finishWait,
  prepareToWait,
  prepareToWaitEvent,
  waitEvent,
  waitEventFreezable,
  waitEventHrtimeout,
  waitEventIdle,
  waitEventInterruptible,
  waitEventInterruptibleExclusive,
  waitEventInterruptibleTimeout,
  waitEventKillable,
  waitEventTimeout,
  waitWoken,
  waitqueueActive,
  wakeUp,
  wakeUpAll,
  wakeUpInterruptible,
  wakeUpInterruptibleAll,
  wakeUpLocked,
  wakeUpNr,
  wokenWakeFunction,
  type Condition,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import type { MaySleep, Step } from '@kernel-model/sim';
import { SIGKILL } from '@kernel-model/signals';
import { world, type World } from '../../src/index.ts';

const JIFFY_MS = 4;
const US = 1000;

type Wait = (s: Scheduler, h: WaitQueueHead, condition: Condition) => MaySleep<number | void>;

/** Each way to wait for a condition, with the state in which it sleeps. */
const WAITS: [string, Wait, number][] = [
  ['', waitEvent, TASK_UNINTERRUPTIBLE],
  ['_idle', waitEventIdle, TASK_IDLE],
  ['_interruptible', waitEventInterruptible, TASK_INTERRUPTIBLE],
  ['_interruptible_exclusive', waitEventInterruptibleExclusive, TASK_INTERRUPTIBLE],
  ['_killable', waitEventKillable, TASK_KILLABLE],
  ['_freezable', waitEventFreezable, TASK_INTERRUPTIBLE | TASK_FREEZABLE],
  ['_timeout', (s, h, condition) => waitEventTimeout(s, h, condition, 50), TASK_UNINTERRUPTIBLE],
  [
    '_interruptible_timeout',
    (s, h, condition) => waitEventInterruptibleTimeout(s, h, condition, 50),
    TASK_INTERRUPTIBLE,
  ],
  ['_hrtimeout', (s, h, condition) => waitEventHrtimeout(s, h, condition, 1e9), TASK_UNINTERRUPTIBLE],
];

/** A thread that waits until `ready`, and what came of it: null as long as it waits. */
class Waiter {
  readonly queue = new WaitQueueHead('q');
  readonly p: Task;
  ready = false;
  result: number | null | undefined = null;

  constructor(
    readonly w: World,
    wait: Wait,
  ) {
    const test = () => this.ready;
    const tell = (result: number | void) => (this.result = result as number | undefined);
    const { queue } = this;
    this.p = w.process('D', function* () {
      tell(yield* wait(w.s, queue, test));
    });
    w.runUntilIdle();
  }

  /** Wake the queue. */
  wake(how: (s: Scheduler, h: WaitQueueHead) => Step<void> = wakeUp): void {
    this.w.run(() => how(this.w.s, this.queue));
    this.w.runUntilIdle();
  }
}

describe.each(WAITS)('wait_event%s', (_, wait, state) => {
  test('sleeps in its state, in the queue, and goes on only when the condition holds', () => {
    const d = new Waiter(world(), wait);
    expect([d.p.state, d.queue.first?.task]).toEqual([state, d.p]);
    d.wake();
    expect([d.result, d.p.state, d.queue.first?.task]).toEqual([null, state, d.p]);
    d.ready = true;
    d.w.runFor(JIFFY_MS);
    expect(d.result).toBeNull(); // nobody has said so
    d.wake();
    expect(d.result).not.toBeNull();
    expect([d.queue.first, d.p.waitsFor, d.p.state & state]).toEqual([null, '', 0]);
  });

  test('does not sleep if the condition holds', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const switches = w.run(function* (k) {
      const voluntary = k.current.nvcsw;
      yield* wait(w.s, queue, () => true);
      return k.current.nvcsw - voluntary;
    });
    expect([switches, queue.first]).toEqual([0, null]);
  });

  test('is woken by wake_up_interruptible() only if it sleeps interruptibly', () => {
    const d = new Waiter(world(), wait);
    d.ready = true;
    d.wake(wakeUpInterruptible);
    expect(d.result === null).toBe((state & TASK_INTERRUPTIBLE) === 0);
  });
});

describe('a signal', () => {
  test.each([
    ['_interruptible', waitEventInterruptible as Wait],
    ['_interruptible_exclusive', waitEventInterruptibleExclusive as Wait],
    ['_freezable', waitEventFreezable as Wait],
    ['_interruptible_timeout', ((s, h, c) => waitEventInterruptibleTimeout(s, h, c, 50)) as Wait],
  ])('ends wait_event%s with -ERESTARTSYS, and the task leaves the queue', (_, wait) => {
    const d = new Waiter(world(), wait);
    d.p.tif |= TIF_SIGPENDING;
    d.w.wake(d.p);
    d.w.runUntilIdle();
    expect([d.result, d.queue.first, d.p.waitsFor]).toEqual([-ERESTARTSYS, null, '']);
  });

  test.each([
    ['', waitEvent as Wait],
    ['_killable', waitEventKillable as Wait],
    ['_idle', waitEventIdle as Wait],
    ['_timeout', ((s, h, c) => waitEventTimeout(s, h, c, 1000)) as Wait],
  ])('that does not kill leaves wait_event%s asleep', (_, wait) => {
    const d = new Waiter(world(), wait);
    d.p.tif |= TIF_SIGPENDING;
    d.w.wake(d.p);
    d.w.runUntilIdle();
    expect([d.result, d.queue.first?.task]).toEqual([null, d.p]);
  });

  test('that kills ends wait_event_killable with -ERESTARTSYS', () => {
    const d = new Waiter(world(), waitEventKillable);
    d.w.process('killer', (k) => k.sendSig(SIGKILL, d.p, 1));
    d.w.runUntilIdle();
    expect([d.result, d.queue.first]).toEqual([-ERESTARTSYS, null]);
  });

  test('is no reason to fail if the condition holds: the answer is 0', () => {
    const d = new Waiter(world(), waitEventInterruptible);
    d.p.tif |= TIF_SIGPENDING;
    d.ready = true;
    d.w.wake(d.p);
    d.w.runUntilIdle();
    expect(d.result).toBe(0);
  });
});

describe.each([
  ['', waitEventTimeout],
  ['_interruptible', waitEventInterruptibleTimeout],
])('wait_event%s_timeout', (_, wait) => {
  test('returns 0 when the time is over', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const [left, tookMs] = w.run(function* () {
      const before = w.nowMs;
      const result = yield* wait(w.s, queue, () => false, 5);
      return [result, w.nowMs - before];
    });
    expect([left, queue.first]).toEqual([0, null]);
    expect(tookMs).toBeGreaterThan(4 * JIFFY_MS);
    expect(tookMs).toBeLessThan(7 * JIFFY_MS);
  });

  test('returns 1 if the condition holds only when the time is over', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const result = w.run(function* () {
      const before = w.nowMs;
      return yield* wait(w.s, queue, () => w.nowMs - before > 4 * JIFFY_MS, 5);
    });
    expect(result).toBe(1);
  });

  test('of 0 jiffies tests the condition and does not sleep: 0 or 1', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const results = w.run(function* (k) {
      const voluntary = k.current.nvcsw;
      const no = yield* wait(w.s, queue, () => false, 0);
      const yes = yield* wait(w.s, queue, () => true, 0);
      return [no, yes, k.current.nvcsw - voluntary];
    });
    expect(results).toEqual([0, 1, 0]);
  });

  test('returns the jiffies that are left', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    let ready = false;
    let left: number | null = null;
    w.kthread('D', function* () {
      left = yield* wait(w.s, queue, () => ready, 50);
    });
    w.runFor(10 * JIFFY_MS);
    ready = true;
    w.run(() => wakeUp(w.s, queue));
    w.runUntilIdle();
    expect(left).toBeGreaterThan(37);
    expect(left).toBeLessThan(42);
  });
});

describe('wait_event_hrtimeout', () => {
  test('returns -ETIME after its time, to the microsecond, and 0 if the condition holds before', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const [late, tookMs, early] = w.run(function* () {
      const before = w.nowMs;
      const no = yield* waitEventHrtimeout(w.s, queue, () => false, 300 * US);
      const took = w.nowMs - before;
      return [no, took, yield* waitEventHrtimeout(w.s, queue, () => true, 300 * US)];
    });
    expect([late, early, queue.first]).toEqual([-ETIME, 0, null]);
    expect(tookMs).toBeGreaterThanOrEqual(0.3);
    expect(tookMs).toBeLessThan(0.4);
  });
});

/** Threads asleep in a queue, in this order: `X` exclusive, `n` not; the ones that were woken. */
function sleepers(w: World, queue: WaitQueueHead, kinds: string, state: number = TASK_INTERRUPTIBLE): string[] {
  const woken: string[] = [];
  [...kinds].forEach((kind, i) => {
    w.kthread(`${kind}${i}`, function* (k) {
      const entry = new WaitQueueEntry(k.current);
      (kind === 'X' ? addWaitQueueExclusive : addWaitQueue)(queue, entry);
      yield* k.setCurrentState(state);
      yield* k.schedule();
      woken.push(`${kind}${i}`);
    });
    w.runUntilIdle();
  });
  return woken;
}

describe('a wakeup of a queue', () => {
  test.each([
    ['wake_up', wakeUp, ['n2', 'n1', 'X0']],
    ['wake_up_nr(2)', (s: Scheduler, h: WaitQueueHead) => wakeUpNr(s, h, 2), ['n2', 'n1', 'X0', 'X3']],
    ['wake_up_all', wakeUpAll, ['n2', 'n1', 'X0', 'X3', 'X4']],
    ['wake_up_interruptible', wakeUpInterruptible, ['n2', 'n1', 'X0']],
    ['wake_up_interruptible_all', wakeUpInterruptibleAll, ['n2', 'n1', 'X0', 'X3', 'X4']],
  ])(
    'by %s wakes all that are not exclusive, last come first, then of the others as many as it may',
    (_, how, woken) => {
      const w = world({ cpus: 1 });
      const queue = new WaitQueueHead('q');
      const seen = sleepers(w, queue, 'XnnXX');
      w.run(() => how(w.s, queue));
      w.runUntilIdle();
      expect(seen).toEqual(woken);
    },
  );

  test('passes over an exclusive waiter that it cannot wake: that one takes no turn', () => {
    const w = world({ cpus: 1 });
    const queue = new WaitQueueHead('q');
    const deaf = sleepers(w, queue, 'X', TASK_UNINTERRUPTIBLE);
    const seen = sleepers(w, queue, 'XX');
    w.run(() => wakeUpInterruptible(w.s, queue));
    w.runUntilIdle();
    expect([deaf, seen]).toEqual([[], ['X0']]);
  });

  test('takes out who was woken, and leaves in who was not', () => {
    const w = world({ cpus: 1 });
    const queue = new WaitQueueHead('q');
    sleepers(w, queue, 'n');
    expect(waitqueueActive(queue)).toBe(true);
    w.run(() => wakeUp(w.s, queue));
    expect(waitqueueActive(queue)).toBe(false);
    sleepers(w, queue, 'n', TASK_UNINTERRUPTIBLE);
    w.run(() => wakeUpInterruptible(w.s, queue));
    expect(waitqueueActive(queue)).toBe(true);
  });

  test('stops where a wake function says so', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const called: number[] = [];
    [1, 0, -1, 1].forEach((answer, i) =>
      queue.addTail(new WaitQueueEntry(w.s.rqs[0]!.idle, () => (called.push(i), answer))),
    );
    w.interrupt(() => wakeUpLocked(w.s, queue, TASK_INTERRUPTIBLE, 0));
    expect(called).toEqual([0, 1, 2]);
  });

  test('keeps an entry with the default function in the queue', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const p = w.kthread('D', function* (k) {
      addWaitQueue(queue, new WaitQueueEntry(k.current, defaultWakeFunction));
      yield* k.setCurrentState(TASK_INTERRUPTIBLE);
      yield* k.schedule();
    });
    w.runUntilIdle();
    w.run(() => wakeUp(w.s, queue));
    w.runUntilIdle();
    expect([w.exited(p), queue.first?.task]).toEqual([true, p]);
  });
});

describe('the order of a queue', () => {
  const entry = (w: World, flags = 0): WaitQueueEntry => {
    const e = new WaitQueueEntry(w.s.rqs[0]!.idle);
    e.flags = flags;
    return e;
  };
  const inOrder = (queue: WaitQueueHead): WaitQueueEntry[] => {
    const all: WaitQueueEntry[] = [];
    for (let e = queue.first; e !== null; e = e.next) all.push(e);
    return all;
  };

  test('puts a new entry behind those with priority at the front, and before all others', () => {
    const w = world();
    const queue = new WaitQueueHead();
    const [a, b, p1, p2, x] = [entry(w), entry(w), entry(w, WQ_FLAG_PRIORITY), entry(w, WQ_FLAG_PRIORITY), entry(w)];
    queue.addFront(p1);
    addWaitQueue(queue, a);
    addWaitQueueExclusive(queue, x);
    queue.addFront(p2);
    addWaitQueue(queue, b);
    expect(inOrder(queue)).toEqual([p1, p2, b, a, x]);
  });

  test('survives the removal of the first, the last and one between, and a removal too many', () => {
    const w = world();
    const queue = new WaitQueueHead();
    const all = Array.from({ length: 5 }, () => entry(w));
    for (const e of all) queue.addTail(e);
    const [a, b, c, d, e] = all as [WaitQueueEntry, WaitQueueEntry, WaitQueueEntry, WaitQueueEntry, WaitQueueEntry];
    queue.remove(c);
    queue.remove(c);
    expect(inOrder(queue)).toEqual([a, b, d, e]);
    queue.remove(a);
    queue.remove(e);
    queue.addTail(c);
    expect(inOrder(queue)).toEqual([b, d, c]);
    expect([c.prev, d.prev, b.prev, c.head, a.head]).toEqual([d, b, null, queue, null]);
    new WaitQueueHead().remove(b);
    expect(inOrder(queue)).toEqual([b, d, c]);
  });

  test('marks exclusive entries, and clears the mark of others', () => {
    const w = world();
    const queue = new WaitQueueHead();
    const e = entry(w, WQ_FLAG_WOKEN);
    addWaitQueueExclusive(queue, e);
    expect(e.flags).toBe(WQ_FLAG_EXCLUSIVE | WQ_FLAG_WOKEN);
    queue.remove(e);
    addWaitQueue(queue, e);
    expect(e.flags).toBe(WQ_FLAG_WOKEN);
  });
});

describe('prepare_to_wait', () => {
  test('a second time changes the state and nothing in the queue', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const seen = w.run(function* (k) {
      const entries = [new WaitQueueEntry(k.current), new WaitQueueEntry(k.current)] as const;
      for (const e of entries) yield* prepareToWait(w.s, queue, e, TASK_INTERRUPTIBLE);
      yield* prepareToWait(w.s, queue, entries[0], TASK_UNINTERRUPTIBLE);
      const state = k.current.state;
      const first = queue.first === entries[1] && entries[1].next === entries[0] && entries[0].next === null;
      for (const e of entries) yield* finishWait(w.s, queue, e);
      return [state, first, k.current.state, queue.first];
    });
    expect(seen).toEqual([TASK_UNINTERRUPTIBLE, true, TASK_RUNNING, null]);
  });

  test('with a signal pending takes an interruptible waiter out, and leaves its state', () => {
    const w = world();
    const queue = new WaitQueueHead('q');
    const seen = w.run(function* (k) {
      const e = new WaitQueueEntry(k.current);
      const first = yield* prepareToWaitEvent(w.s, queue, e, TASK_INTERRUPTIBLE);
      const queued = queue.first === e;
      k.current.state = TASK_RUNNING;
      k.current.tif |= TIF_SIGPENDING;
      const second = yield* prepareToWaitEvent(w.s, queue, e, TASK_INTERRUPTIBLE);
      return [first, queued, second, k.current.state, queue.first];
    });
    expect(seen).toEqual([0, true, -ERESTARTSYS, TASK_RUNNING, null]);
  });
});

describe('wait_woken', () => {
  /** A thread that waits up to 50 jiffies each time, and what was left; told to stop by `stop`. */
  function reader(w: World, e: { entry: WaitQueueEntry | null; stop: boolean }, rounds: number): [Task, number[]] {
    const left: number[] = [];
    const p = w.kthread('D', function* (k) {
      e.entry = new WaitQueueEntry(k.current, wokenWakeFunction);
      for (let i = 0; i < rounds; i++) left.push(yield* waitWoken(w.s, e.entry, TASK_INTERRUPTIBLE, 50, () => e.stop));
    });
    return [p, left];
  }

  test('sleeps until the wake function has marked the entry, and clears the mark', () => {
    const w = world();
    const e = { entry: null as WaitQueueEntry | null, stop: false };
    const [p, left] = reader(w, e, 2);
    w.runUntilIdle();
    expect([p.state, left]).toEqual([TASK_INTERRUPTIBLE, []]);
    w.interrupt(() => expect(e.entry!.func(w.s, e.entry!, TASK_INTERRUPTIBLE)).toBe(1));
    expect(e.entry!.flags).toBe(WQ_FLAG_WOKEN);
    w.runUntilIdle();
    expect([e.entry!.flags, left.length, p.state]).toEqual([0, 1, TASK_INTERRUPTIBLE]);
    expect(left[0]).toBeGreaterThan(47);
  });

  test('does not sleep if a wakeup came before, nor if the thread has to stop', () => {
    const w = world();
    const e = { entry: null as WaitQueueEntry | null, stop: true };
    const [p, left] = reader(w, e, 3);
    w.runUntilIdle();
    expect([left, w.exited(p)]).toEqual([[50, 50, 50], true]);
    const results = w.run(function* (k) {
      const entry = new WaitQueueEntry(k.current, wokenWakeFunction);
      entry.flags = WQ_FLAG_WOKEN;
      const rest = yield* waitWoken(w.s, entry, TASK_INTERRUPTIBLE, 50, () => false);
      return [rest, entry.flags, k.current.state];
    });
    expect(results).toEqual([50, 0, TASK_RUNNING]);
  });
});
