import { describe, expect, it } from '@jest/globals';
import { EventQueue, RandomStream, SimEvent } from './index.ts';

const make = (lane = 0): SimEvent => new SimEvent(lane, () => {});

describe('an event queue', () => {
  it('gives events back by instant, and by order of queueing within an instant', () => {
    const queue = new EventQueue();
    const dice = new RandomStream(1, 'spec');
    const queued: SimEvent[] = [];
    for (let i = 0; i < 500; i++) {
      const ev = make();
      queue.push(ev, dice.below(20));
      queued.push(ev);
    }
    const expected = [...queued].sort((a, b) => a.atNs - b.atNs || a.seq - b.seq);
    expect(queue.sorted()).toEqual(expected);
    const popped: SimEvent[] = [];
    while (queue.size > 0) popped.push(queue.pop());
    expect(popped.map((ev) => queued.indexOf(ev))).toEqual(expected.map((ev) => queued.indexOf(ev)));
  });

  it('keeps its order when events are taken out of the middle', () => {
    const queue = new EventQueue();
    const dice = new RandomStream(2, 'spec');
    const events = Array.from({ length: 300 }, () => make());
    for (const ev of events) queue.push(ev, dice.below(1000));
    for (const ev of events) if (dice.below(2) === 0) queue.remove(ev);
    const left = queue.sorted();
    expect(left).toEqual(events.filter((ev) => ev.queued).sort((a, b) => a.atNs - b.atNs || a.seq - b.seq));
    for (const ev of left) expect(queue.pop()).toBe(ev);
    expect(queue.peek()).toBeNull();
    expect(queue.headAtNs).toBe(Infinity);
  });

  it('does nothing when an event that is not queued is taken out', () => {
    const queue = new EventQueue();
    const ev = make();
    queue.remove(ev);
    queue.push(ev, 5);
    queue.remove(ev);
    queue.remove(ev);
    expect([queue.size, ev.queued]).toEqual([0, false]);
  });

  it('knows the first due event of each lane, and when the next one is due', () => {
    const dice = new RandomStream(3, 'spec');
    for (let round = 0; round < 50; round++) {
      const queue = new EventQueue();
      for (let i = 0; i < 30; i++) queue.push(make(dice.below(4)), dice.below(10));
      const first: (SimEvent | null)[] = [null, null, null, null];
      const nextNs = queue.firstDue(4, first);
      const all = queue.sorted();
      expect(first).toEqual([0, 1, 2, 3].map((lane) => all.find((ev) => ev.lane === lane && ev.atNs <= 4) ?? null));
      expect(nextNs).toBe(all.find((ev) => ev.atNs > 4)?.atNs ?? Infinity);
    }
  });
});
