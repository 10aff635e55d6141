import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { explore, tasksModel, type Cell, type Exploration, type Model, type World } from './index.ts';

type Op = readonly ['read' | 'write' | 'update' | 'check' | 'pick' | 'prepare' | 'sleep' | 'wake' | 'delay', number];

interface Shared {
  readonly cells: readonly Cell<number>[];
  readonly sums: number[];
}

/** A program whose end tells which of its accesses came in which order. */
function program(tasks: readonly (readonly Op[])[]): Model {
  return tasksModel<Shared>({
    shared: (world) => ({ cells: ['x', 'y', 'z'].map((name) => world.cell(name, 0)), sums: [] }),
    tasks: Object.fromEntries(tasks.map((ops, id) => [`t${id}`, body(ops, id, tasks.length)])),
    check: ({ cells, sums }) => `ends with ${cells.map((cell) => cell.value).join(' ')} and ${sums.join(' ')}`,
  });
}

function body(ops: readonly Op[], id: number, nrTasks: number) {
  return function* ({ cells, sums }: Shared, world: World): Generator<unknown, void, void> {
    let sum = id + 1;
    for (const [op, arg] of ops) {
      const cell = cells[arg]!;
      if (op === 'read') sum = (sum * 3 + (yield* cell.read())) % 5;
      else if (op === 'write') yield* cell.write(sum);
      else if (op === 'update') yield* cell.update((value) => (value * 2 + sum) % 5);
      else if (op === 'pick') yield* cell.write(world.pick('answer', 2));
      else if (op === 'prepare') yield* world.prepareToSleep();
      else if (op === 'sleep') yield* world.sleep();
      else if (op === 'wake') yield* world.wake(`t${arg % nrTasks}`);
      else if (op === 'delay') yield* world.delay(arg + 1);
      else if ((yield* cell.read()) === 3) throw new Error(`dead at ${sum}`);
    }
    sums[id] = sum;
  };
}

const op: fc.Arbitrary<Op> = fc.tuple(
  fc.constantFrom(
    'read',
    'read',
    'write',
    'write',
    'update',
    'check',
    'pick',
    'prepare',
    'sleep',
    'wake',
    'delay',
    'delay',
  ),
  fc.nat(2),
);

const ALL = { all: true, shrinkExecutions: 0, maxExecutions: 20_000 } as const;

const endings = ({ failures }: Exploration): string[] => failures.map((f) => `${f.kind}: ${f.message}`).sort();

describe('partial-order reduction', () => {
  it('finds the same endings as all interleavings, in no more executions', () => {
    const program3 = fc.array(fc.array(op, { maxLength: 3 }), { minLength: 2, maxLength: 3 });
    let everything = 0;
    let reduced = 0;
    fc.assert(
      fc.property(program3, (tasks) => {
        const dfs = explore(program(tasks), { ...ALL, bound: Infinity });
        fc.pre(dfs.complete);
        const dpor = explore(program(tasks), { ...ALL, strategy: 'dpor' });
        expect(dpor.complete).toBe(true);
        expect(endings(dpor)).toEqual(endings(dfs));
        expect(dpor.executions).toBeLessThanOrEqual(dfs.executions);
        everything += dfs.executions;
        reduced += dpor.executions;
      }),
      { seed: 6012, numRuns: 150 },
    );
    expect(reduced * 20).toBeLessThan(everything);
  });

  it('runs independent tasks once', () => {
    const tasks: Op[][] = [
      [
        ['write', 0],
        ['read', 0],
      ],
      [
        ['write', 1],
        ['read', 1],
      ],
      [['write', 2]],
    ];
    expect(explore(program(tasks), { ...ALL, strategy: 'dpor' })).toMatchObject({ executions: 1, complete: true });
  });

  it('runs readers of one cell once', () => {
    const tasks: Op[][] = [
      [
        ['read', 0],
        ['read', 0],
      ],
      [['read', 0]],
      [['read', 0]],
    ];
    expect(explore(program(tasks), { ...ALL, strategy: 'dpor' }).executions).toBe(1);
  });

  it('reverses a step with a later timer, although an earlier timer goes between them', () => {
    const tasks: Op[][] = [
      [
        ['read', 0],
        ['delay', 0],
      ],
      [
        ['delay', 1],
        ['write', 0],
      ],
    ];
    const dfs = explore(program(tasks), { ...ALL, bound: Infinity });
    expect(endings(explore(program(tasks), { ...ALL, strategy: 'dpor' }))).toEqual(endings(dfs));
    expect(endings(dfs)).toHaveLength(2);
  });

  it('lets others act before a step that ends the run', () => {
    const tasks: Op[][] = [
      [
        ['check', 0],
        ['check', 1],
      ],
      [
        ['write', 2],
        ['pick', 1],
      ],
    ];
    const dfs = explore(program(tasks), { ...ALL, bound: Infinity });
    expect(endings(explore(program(tasks), { ...ALL, strategy: 'dpor' }))).toEqual(endings(dfs));
  });
});
