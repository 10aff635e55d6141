import { describe, expect, test } from '@jest/globals';
import { defineDaemon } from './define-daemon.ts';
import { loadDaemon } from './load-daemon.ts';

const one = defineDaemon({ name: 'one' });
const two = defineDaemon({ name: 'two' });

describe('loadDaemon', () => {
  test('finds the only daemon, the one called daemon, and the default export', () => {
    expect(loadDaemon(one)).toBe(one);
    expect(loadDaemon({ helper: 3, one })).toBe(one);
    expect(loadDaemon({ one, daemon: two })).toBe(two);
    expect(loadDaemon({ one, default: two })).toBe(two);
  });

  test('takes a description that nobody gave to defineDaemon', () => {
    expect(loadDaemon({ default: { name: 'plain', threads: [] } }).name).toBe('plain');
  });

  test.each([
    [{}, 'The module exports no daemon; it exports: nothing.'],
    [{ helper: 3 }, 'The module exports no daemon; it exports: helper.'],
    [{ one, two }, 'The module has 2 daemons: one, two.'],
    [null, 'A daemon is an object, not null.'],
    [() => 0, 'A daemon is an object, not function.'],
  ])('refuses %p', (module, message) => {
    expect(() => loadDaemon(module)).toThrow(message);
  });
});

describe('defineDaemon', () => {
  test.each([
    [{ name: 'a b' }, "A daemon's name has 1 to 55 letters"],
    [
      { name: 'a', options: { n: { type: 'integer', default: 'x' } } },
      'The options of a are no JSON Schema: the default does not fit',
    ],
    [{ name: 'a', options: { n: { type: 'whole' } } }, 'The options of a are no JSON Schema'],
    [{ name: 'a', threads: [{ name: 't' }] }, 'The thread t of a has no function.'],
    [{ name: 'a', threads: [{ name: 't', perCpu: true, *fn() {} }] }, 'its name needs a %u'],
    [{ name: 'a', threads: [{ name: 't/%u', perCpu: true, cpu: 1, *fn() {} }] }, 'choose one'],
  ])('refuses %p', (spec, message) => {
    expect(() => defineDaemon(spec as never)).toThrow(message);
  });
});
