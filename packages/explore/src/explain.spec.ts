import { describe, expect, it } from '@jest/globals';
import { explain, explore, tasksModel, type Cell, type World } from './index.ts';

describe('an explanation', () => {
  it('names who came between two uses of a field', () => {
    const increment = function* ({ n }: { n: Cell<number> }): Generator<unknown, void, void> {
      yield* n.write((yield* n.read()) + 1);
    };
    const model = tasksModel({
      shared: (world) => ({ n: world.cell('count', 0) }),
      tasks: { anna: increment, ben: increment },
      check: ({ n }) => (n.value === 2 ? null : `count is ${n.value}`),
    });
    const explanation = explain(model, explore(model).failures[0]!);
    expect(explanation.conflicts[0]).toEqual({ object: 'count', field: 'value', before: 2, between: 5, after: 6 });
    expect(explanation.text).toBe(
      [
        'violation: count is 1',
        'schedule k1:0x2.1',
        '',
        '1  anna',
        '2  anna  read count.value',
        '3  ben  <- anna has to wait',
        '4  ben   read count.value',
        '5  ben   write count.value',
        '6  anna  write count.value',
        '',
        'between steps 2 and 6 of anna, ben changed count.value (step 5)',
      ].join('\n'),
    );
  });

  it('says when time passed first, and shows a hang', () => {
    const model = tasksModel({
      shared: () => null,
      tasks: {
        *waiter(_: null, world: World) {
          yield* world.delay(5);
          yield* world.prepareToSleep();
          yield* world.sleep();
        },
      },
    });
    const { outcome, text } = explain(model, { schedule: 'k1:0.0f' });
    expect(outcome).toEqual({ kind: 'hang', message: 'waiter sleeps and nobody is left to wake it' });
    expect(text).toContain('2  waiter  <- time passes first');
  });
});
