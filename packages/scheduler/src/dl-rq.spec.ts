import { describe, expect, test } from '@jest/globals';
import { DlRq } from './dl-rq.ts';
import { SchedDlEntity } from './sched-entity.ts';

function entity(deadline: number): SchedDlEntity {
  const se = new SchedDlEntity(null);
  se.deadline = deadline;
  return se;
}

describe('DlRq', () => {
  test('the earliest deadline first, equal ones in the order in which they came', () => {
    const dl = new DlRq();
    const [a, b, c, d] = [entity(30), entity(10), entity(30), entity(20)];
    for (const se of [a, b, c, d]) dl.insert(se);
    expect([...dl]).toEqual([b, d, a, c]);
    expect(dl.first).toBe(b);
    dl.remove(b);
    dl.remove(a);
    expect([...dl]).toEqual([d, c]);
    expect(a.onDlRq).toBe(false);
    dl.remove(c);
    dl.remove(d);
    expect(dl.first).toBeNull();
  });

  test('the pushable tasks, likewise', () => {
    const dl = new DlRq();
    const [a, b] = [entity(30), entity(10)];
    dl.pushableAdd(a);
    expect(dl.earliestNext).toBe(30);
    dl.pushableAdd(b);
    expect(dl.earliestNext).toBe(10);
    dl.pushableRemove(b);
    dl.pushableRemove(b);
    expect([dl.pushHead, dl.earliestNext]).toEqual([a, 30]);
    dl.pushableRemove(a);
    expect([dl.pushHead, a.pushable]).toEqual([null, false]);
  });
});
