import { describe, expect, it } from '@jest/globals';
import { RandomStream, Sim } from './index.ts';

const draw = (stream: RandomStream, n = 5): number[] => Array.from({ length: n }, () => stream.next());

describe('a random stream', () => {
  it('is the same for the same seed and name, on every engine', () => {
    expect(draw(new RandomStream(1, 'sched'), 3)).toEqual(draw(new RandomStream(1, 'sched'), 3));
    expect(draw(new RandomStream(1, 'sched'), 3)).toEqual([3831308352, 1742413871, 1157399790]);
  });

  it('is another one for another seed or name', () => {
    const one = draw(new RandomStream(1, 'sched'));
    expect(draw(new RandomStream(2, 'sched'))).not.toEqual(one);
    expect(draw(new RandomStream(1, 'mm'))).not.toEqual(one);
    expect(draw(new RandomStream(1 + 2 ** 32, 'sched'))).not.toEqual(one);
  });

  it('does not move when another one of the same machine is drawn from', () => {
    const alone = new Sim({ seed: 9 });
    const expected = draw(alone.random('a'));
    const both = new Sim({ seed: 9 });
    draw(both.random('b'), 17);
    expect(draw(both.random('a'))).toEqual(expected);
  });

  it('goes on where it was when it is asked for again', () => {
    const sim = new Sim();
    const first = sim.random('a').next();
    expect(sim.random('a').last).toBe(first);
    expect(sim.random('a').next()).not.toBe(first);
  });

  it('stays below its limit and reaches all values', () => {
    const stream = new RandomStream(4, 'dice');
    const seen = new Set(Array.from({ length: 200 }, () => stream.below(6)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
