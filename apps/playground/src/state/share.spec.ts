import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { fromHash, toHash } from './share.ts';

test('a link holds the whole state', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.nat(),
      fc.integer(),
      (scenario, daemon, cursor, from) => {
        const options = { cpus: 2, nice: { hog: -5 } };
        const shared = { scenario, daemon, options, cursor, view: { from, to: from + 5 }, span: -1, tab: 'memory' };
        expect(fromHash(`#${toHash(shared)}`)).toEqual(shared);
      },
    ),
  );
});

test('what is no such link is no state', () => {
  for (const hash of ['', '#', '#/learn', '#p1=', '#p1=%%%', '#p1=AAAA', '#p2=AAAA']) expect(fromHash(hash)).toBeNull();
  const whole = toHash({
    scenario: 'main: []',
    daemon: '',
    options: {},
    cursor: 0,
    view: { from: 0, to: 1 },
    span: -1,
    tab: '',
  });
  expect(fromHash(whole.slice(0, -6))).toBeNull();
});
