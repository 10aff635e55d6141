import { describe, expect, test } from '@jest/globals';
import { RtRq } from './rt-rq.ts';
import { SchedRtEntity } from './sched-entity.ts';
import type { Task } from './task.ts';

function task(comm: string, prio: number): Task {
  return { comm, prio, rt: new SchedRtEntity() } as Task;
}

function names(rt: RtRq): string {
  return [...rt].map((p) => p.comm).join('');
}

describe('RtRq', () => {
  test('best priority first, first come first within one', () => {
    const rt = new RtRq();
    for (const p of [task('a', 49), task('b', 98), task('c', 49), task('d', 0)]) rt.add(p, false);
    expect(names(rt)).toBe('dacb');
    expect(rt.first().comm).toBe('d');
    expect(rt.firstPrio()).toBe(0);
    expect(rt.head(49)!.comm).toBe('a');
  });

  test('a lowered task goes to the head', () => {
    const rt = new RtRq();
    rt.add(task('a', 49), false);
    rt.add(task('b', 49), true);
    expect(names(rt)).toBe('ba');
  });

  test('requeue moves within the list, and only what is queued', () => {
    const rt = new RtRq();
    const [a, b, c] = [task('a', 10), task('b', 10), task('c', 10)];
    for (const p of [a, b, c]) {
      rt.add(p, false);
      p.rt.onRq = true;
    }
    rt.requeue(a, false);
    expect(names(rt)).toBe('bca');
    rt.requeue(c, true);
    expect(names(rt)).toBe('cba');
    rt.remove(b);
    b.rt.onRq = false;
    rt.requeue(b, true);
    expect(names(rt)).toBe('ca');
  });

  test('alone or not, and empty in the end', () => {
    const rt = new RtRq();
    const [a, b] = [task('a', 63), task('b', 63)];
    rt.add(a, false);
    expect(rt.isAlone(a)).toBe(true);
    rt.add(b, false);
    expect(rt.isAlone(a)).toBe(false);
    rt.remove(a);
    rt.remove(b);
    expect(names(rt)).toBe('');
    expect(rt.firstPrio()).toBe(100);
    expect([a.rt.onList, a.rt.next, b.rt.prev]).toEqual([false, null, null]);
  });

  test('the pushable tasks are sorted by priority, then by arrival; queued again, a task goes behind its peers', () => {
    const rt = new RtRq();
    const [a, b, c] = [task('a', 50), task('b', 20), task('c', 50)];
    for (const p of [a, b, c]) rt.pushableAdd(p);
    expect([rt.pushHead, b.rt.pushNext, a.rt.pushNext, c.rt.pushNext]).toEqual([b, a, c, null]);
    expect(rt.highestNext).toBe(20);
    rt.pushableAdd(a);
    expect([b.rt.pushNext, c.rt.pushNext]).toEqual([c, a]);
    rt.pushableRemove(b);
    rt.pushableRemove(b);
    expect(rt.highestNext).toBe(50);
    rt.pushableRemove(a);
    rt.pushableRemove(c);
    expect([rt.pushHead, rt.highestNext]).toEqual([null, 99]);
  });
});
