import { describe, expect, it } from '@jest/globals';
import { RcuSegcblist } from './rcu-cblist.ts';

function filled(...names: string[]): { list: RcuSegcblist; ran: string[]; add(name: string): void; run(): void } {
  const list = new RcuSegcblist();
  const ran: string[] = [];
  const add = (name: string): void => list.enqueue(() => ran.push(name));
  names.forEach(add);
  return { list, ran, add, run: () => list.extractDone().forEach((fn) => fn()) };
}

describe('the callbacks of a CPU', () => {
  it('run in their order once their grace period has ended', () => {
    const { list, ran, run } = filled('a', 'b');
    expect(list.accelerate(1)).toBe(true);
    list.advance(0);
    run();
    expect(ran).toEqual([]);
    list.advance(1);
    run();
    expect(ran).toEqual(['a', 'b']);
    expect(list.empty).toBe(true);
  });

  it('keep the earlier grace period that they wait for', () => {
    const { list, ran, add, run } = filled('a');
    list.accelerate(1);
    add('b');
    expect(list.accelerate(2)).toBe(true);
    list.advance(1);
    run();
    expect(ran).toEqual(['a']);
    expect(list.pending).toBe(true);
  });

  it('may move to an earlier grace period than the one they were assigned', () => {
    const { list, ran, run } = filled('a');
    list.accelerate(2);
    expect(list.accelerate(1)).toBe(true);
    list.advance(1);
    run();
    expect(ran).toEqual(['a']);
  });

  it('wait for at most two different grace periods; the rest stays unassigned', () => {
    const { list, add } = filled('a');
    list.accelerate(1);
    add('b');
    list.accelerate(2);
    add('c');
    expect(list.accelerate(3)).toBe(false);
    expect(list.unassigned).toBe(true);
  });

  it('of another CPU come last and start over, but for those that may run', () => {
    const own = filled('a');
    const other = filled('x');
    other.list.accelerate(1);
    other.list.advance(1);
    other.add('y');
    other.list.accelerate(2);
    own.list.accelerate(2);
    own.list.merge(other.list);
    expect(other.list.empty).toBe(true);
    own.list.advance(2);
    own.run();
    other.ran.push(...own.ran);
    expect(other.ran).toEqual(['x', 'a']);
    expect(own.list.unassigned).toBe(true);
  });
});
