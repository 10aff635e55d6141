import { describe, expect, it } from '@jest/globals';
import { UsageError, type Chooser, type Step } from '@kernel-model/sim';
import { explore, replay, tasksModel, type Cell, type Model, type World } from './index.ts';

interface Counter {
  readonly n: Cell<number>;
}

function* increment({ n }: Counter): Step<void> {
  const value = yield* n.read();
  yield* n.write(value + 1);
}

function* incrementAtOnce({ n }: Counter): Step<void> {
  yield* n.update((value) => value + 1);
}

function counter(body: (shared: Counter) => Step<void>, tasks = 2): Model {
  return tasksModel<Counter>({
    shared: (world) => ({ n: world.cell('n', 0) }),
    tasks: Array.from({ length: tasks }, () => (shared: Counter) => body(shared)[Symbol.iterator]()),
    check: ({ n }) => (n.value === tasks ? null : `n is ${n.value}`),
  });
}

interface Door {
  readonly ready: Cell<boolean>;
}

function sleeper(stateFirst: boolean): Model {
  return tasksModel<Door>({
    shared: (world) => ({ ready: world.cell('ready', false) }),
    tasks: {
      *waiter({ ready }: Door, world: World) {
        if (stateFirst) yield* world.prepareToSleep();
        if (yield* ready.read()) return;
        if (!stateFirst) yield* world.prepareToSleep();
        yield* world.sleep();
      },
      *waker({ ready }: Door, world: World) {
        yield* ready.write(true);
        yield* world.wake('waiter');
      },
    },
  });
}

describe('a depth-first search', () => {
  it('finds a lost update with one preemption', () => {
    const { failures } = explore(counter(increment), { bound: 1 });
    expect(failures).toEqual([
      { kind: 'violation', message: 'n is 1', schedule: 'k1:0x2.1', preemptions: 1, steps: 6 },
    ]);
  });

  it('finds no lost update without preemptions, and does not claim that there is none', () => {
    const result = explore(counter(increment), { bound: 0 });
    expect(result).toMatchObject({ executions: 2, exhausted: true, complete: false, bound: 0, failures: [] });
  });

  it('runs every schedule of the repaired program', () => {
    const result = explore(counter(incrementAtOnce));
    expect(result).toMatchObject({ exhausted: true, complete: true, failures: [] });
    expect(explore(counter(incrementAtOnce, 4))).toMatchObject({ exhausted: true, complete: true, bound: null });
  });

  it('visits each interleaving once', () => {
    // two tasks of three steps each: 6! / (3! 3!)
    expect(explore(counter(increment), { bound: Infinity, all: true, shrinkExecutions: 0 }).executions).toBe(20);
  });

  it('finds the wakeup between test and sleep, and none if the state is set first', () => {
    const { failures } = explore(sleeper(false));
    expect(failures).toMatchObject([{ kind: 'hang', preemptions: 1 }]);
    expect(explore(sleeper(true))).toMatchObject({ complete: true, failures: [] });
  });

  it('lets a timer go off before code that is due, as a preemption', () => {
    const model = tasksModel<Counter>({
      shared: (world) => ({ n: world.cell('n', 0) }),
      tasks: {
        *timer({ n }: Counter, world: World) {
          yield* world.delay(1_000_000);
          yield* n.write(1);
        },
        *code({ n }: Counter) {
          yield* n.read();
          if ((yield* n.read()) === 1) throw new Error('too late');
        },
      },
    });
    expect(explore(model, { bound: 0 }).failures).toEqual([]);
    expect(explore(model, { bound: 1 }).failures).toMatchObject([{ kind: 'oops', message: 'code: too late' }]);
  });

  it('tries every answer to a pick', () => {
    const model = tasksModel<Counter>({
      shared: (world) => ({ n: world.cell('n', 0) }),
      tasks: {
        *dice({ n }: Counter, world: World) {
          yield* n.write(world.pick('dice', 3));
        },
      },
      check: ({ n }) => `threw ${n.value}`,
    });
    const { executions, failures } = explore(model, { all: true });
    expect(executions).toBe(3);
    expect(failures.map((f) => [f.message, f.schedule])).toEqual([
      ['threw 0', 'k1:'],
      ['threw 1', 'k1:0.1p'],
      ['threw 2', 'k1:0.2p'],
    ]);
  });
});

describe('a random search', () => {
  it('by priorities finds a bug of depth 2 among many steps, which dice do not', () => {
    const model = tasksModel<Counter>({
      shared: (world) => ({ n: world.cell('n', 0) }),
      tasks: {
        *long({ n }: Counter) {
          for (let i = 0; i < 20; i++) yield* n.read();
          yield* n.write(1);
          yield* n.write(0);
        },
        *reader({ n }: Counter) {
          if ((yield* n.read()) === 1) throw new Error('saw it');
        },
      },
    });
    const pct = explore(model, { strategy: 'pct', maxExecutions: 1000, depth: 2 });
    expect(pct).toMatchObject({ exhausted: false, failures: [{ kind: 'oops', preemptions: 1 }] });
    expect(explore(model, { strategy: 'random', maxExecutions: 1000 }).failures).toEqual([]);
  });

  it.each(['pct', 'random'] as const)(
    '%s does the same for the same seed, and something else for another',
    (strategy) => {
      const run = (seed: number): string[] => {
        const schedules: string[] = [];
        for (let maxExecutions = 1; maxExecutions <= 6; maxExecutions++) {
          const found = explore(failing, { strategy, seed, maxExecutions, all: true, shrinkExecutions: 0 }).failures;
          schedules.push(...found.map((f) => f.schedule));
        }
        return schedules;
      };
      const failing = tasksModel<Counter>({
        shared: (world) => ({ n: world.cell('n', 0) }),
        tasks: [0, 1, 2].map(() => (shared: Counter) => increment(shared)[Symbol.iterator]()),
        check: ({ n }) => `n is ${n.value}`,
      });
      expect(run(7)).toEqual(run(7));
      expect(run(7)).not.toEqual(run(8));
    },
  );
});

describe('a failing schedule', () => {
  it.each(['dfs', 'dpor', 'pct', 'random'] as const)('is the same short one when %s found it', (strategy) => {
    const { failures } = explore(counter(increment, 3), { strategy });
    expect(failures).toMatchObject([{ preemptions: 1 }]);
    expect(failures[0]!.schedule.length).toBeLessThan(14);
  });

  it('fails again when it is replayed', () => {
    const model = counter(increment);
    const [failure] = explore(model, { strategy: 'random' }).failures;
    expect(replay(model, failure!.schedule)).toMatchObject({
      outcome: { kind: failure!.kind, message: failure!.message },
      steps: failure!.steps,
      preemptions: failure!.preemptions,
    });
  });

  it('is listed once for every message when all are asked for', () => {
    const { failures } = explore(counter(increment, 3), { all: true, bound: Infinity });
    expect(failures.map((f) => f.message).sort()).toEqual(['n is 1', 'n is 2']);
  });
});

describe('a spinning task', () => {
  const spinner = (relaxes: boolean): Model =>
    tasksModel<Door>({
      shared: (world) => ({ ready: world.cell('ready', false) }),
      tasks: {
        *spinner({ ready }: Door, world: World) {
          while (!(yield* ready.read())) if (relaxes) yield* world.relax();
        },
        *other({ ready }: Door) {
          yield* ready.write(true);
        },
      },
    });

  it.each(['dfs', 'dpor'] as const)('lets others act when it relaxes (%s)', (strategy) => {
    expect(explore(spinner(true), { strategy })).toMatchObject({ complete: true, limited: 0, failures: [] });
  });

  it('is cut off and reported when it does not', () => {
    const result = explore(spinner(false), { maxSteps: 50, bound: 0 });
    expect(result).toMatchObject({ exhausted: false, complete: false, limited: 1 });
    expect(replay(spinner(false), 'k1:', 50).outcome.kind).toBe('limit');
  });
});

describe('limits', () => {
  it('stop the search after maxExecutions', () => {
    const result = explore(counter(incrementAtOnce, 4), { maxExecutions: 10 });
    expect(result).toMatchObject({ executions: 10, exhausted: false, complete: false });
  });

  it('stop it when progress is answered with false', () => {
    const result = explore(counter(increment, 4), {
      all: true,
      shrinkExecutions: 0,
      onProgress: ({ executions, failures }) => executions < 8192 && failures > 0,
    });
    expect(result.executions).toBe(8192);
  });

  it.each([
    [{ strategy: 'dpor', bound: 2 }, /bound 2 was given with strategy dpor/],
    [{ strategy: 'bfs' as 'dfs' }, /strategy is "bfs"/],
    [{ bound: -1 }, /bound is -1/],
    [{ maxExecutions: 0 }, /maxExecutions is 0/],
    [{ maxSteps: NaN }, /maxSteps is NaN/],
  ] as const)('that make no sense are refused: %j', (options, message) => {
    expect(() => explore(counter(increment), options)).toThrow(UsageError);
    expect(() => explore(counter(increment), options)).toThrow(message);
  });

  it('a model that remembers earlier runs is reported', () => {
    let boots = 0;
    const model: Model = {
      boot: (chooser: Chooser) => counter(increment, boots++ === 0 ? 2 : 3).boot(chooser),
    };
    expect(() => explore(model)).toThrow(/EXPLORE_DETERMINISM/);
    boots = 0;
    expect(() => explore(model, { strategy: 'dpor' })).toThrow(/EXPLORE_DETERMINISM/);
  });
});
