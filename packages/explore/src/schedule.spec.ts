import { describe, expect, it } from '@jest/globals';
import { UsageError } from '@kernel-model/sim';
import fc from 'fast-check';
import { formatSchedule, parseSchedule, replay, tasksModel, type Cell, type ScheduleStep } from './index.ts';

const step: fc.Arbitrary<ScheduleStep> = fc.record({
  kind: fc.constantFrom('lane', 'future', 'pick'),
  value: fc.oneof(fc.nat(2), fc.nat(999_999_999)),
});

describe('a schedule as text', () => {
  it('comes back as it was written, in characters that a shell leaves alone', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const text = formatSchedule(steps);
        expect(parseSchedule(text)).toEqual(steps);
        expect(text).toMatch(/^k1:[0-9a-z.]*$/);
      }),
      { seed: 1 },
    );
  });

  it('counts repeated choices', () => {
    const lane0: ScheduleStep = { kind: 'lane', value: 0 };
    expect(formatSchedule([lane0, lane0, { kind: 'future', value: 2 }, { kind: 'pick', value: 3 }])).toBe(
      'k1:0x2.2f.3p',
    );
  });

  it.each([
    ['0x5.1', 'expected "k1:" at character 1'],
    ['k2:0', 'of version "k1:"; this one is of another'],
    ['k1:0.', 'at character 6, found the end'],
    ['k1:0.z.1', 'at character 6, found "z.1"'],
    ['k1:0x0', 'expected 1 to 10000000 choices in all at character 4'],
    ['k1:0x999999999', 'expected 1 to 10000000 choices in all'],
    ['k1:-1', 'expected a number'],
  ])('that is wrong is refused with its place: %s', (text, message) => {
    expect(() => parseSchedule(text)).toThrow(UsageError);
    expect(() => parseSchedule(text)).toThrow(message);
  });
});

describe('a replay', () => {
  const model = tasksModel<{ n: Cell<number> }>({
    shared: (world) => ({ n: world.cell('n', 0) }),
    tasks: {
      *a({ n }) {
        yield* n.write(1);
      },
      *b({ n }) {
        yield* n.write(2);
      },
    },
    check: ({ n }) => `n is ${n.value}`,
  });

  it('goes on with the same lane when the schedule is used up', () => {
    expect(replay(model, 'k1:').outcome.message).toBe('n is 2');
    expect(replay(model, 'k1:1').outcome.message).toBe('n is 1');
  });

  it.each([
    ['k1:0.3', 'at choice 2 lane 3 was expected; the choices are lane 0, lane 1.'],
    ['k1:0x2.0', 'at choice 3 lane 0 was expected; the choices are lane 1.'],
    ['k1:1f', 'at choice 1 the future event of lane 1 was expected'],
    ['k1:0x2.1x2.0', 'at choice 5 lane 0 was expected; the choices are none: the run had ended.'],
  ])('of %s, which does not fit, says where', (schedule, message) => {
    expect(() => replay(model, schedule)).toThrow(message);
  });
});
