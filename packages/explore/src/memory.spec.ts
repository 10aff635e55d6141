import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Sim, SimEvent, WRITE, type Chooser } from '@kernel-model/sim';
import { explain, explore, replay, tasksModel, type Cell, type Exploration, type Model, type World } from './index.ts';

/** What a task does with x (0) or y (1). */
type Op = readonly ['read' | 'write' | 'update' | 'fence', number];
type Program = readonly (readonly Op[])[];

interface Shared {
  readonly cells: readonly Cell<number>[];
  /** By task, what it read, in order. */
  readonly read: string[];
}

/** Its end tells what every task read: numbers that tell who wrote, and how often before. */
function model(tasks: Program, wrong: (read: string) => boolean = () => true): Model {
  return tasksModel<Shared>({
    shared: (world) => ({ cells: [world.cell('x', 0), world.cell('y', 0)], read: tasks.map(() => '') }),
    tasks: Object.fromEntries(tasks.map((ops, id) => [`t${id}`, body(ops, id)])),
    check: ({ read }) => (wrong(read.join('|')) ? `read ${read.join('|')}` : null),
  });
}

function body(ops: readonly Op[], id: number) {
  return function* ({ cells, read }: Shared, world: World): Generator<unknown, void, void> {
    let value = id;
    for (const [op, arg] of ops) {
      const cell = cells[arg]!;
      if (op === 'read') read[id] = `${read[id]}${yield* cell.read()}`;
      else if (op === 'write') yield* cell.write((value += 3));
      else if (op === 'update') yield* cell.update((old) => old + 1);
      else yield* world.fence();
    }
  };
}

/** What the definition of x86-TSO says that a program may read: all states of its abstract machine, one after the other. */
function readsOf(tasks: Program): string[] {
  interface State {
    readonly at: readonly number[];
    readonly memory: readonly number[];
    readonly buffers: readonly (readonly (readonly [cell: number, value: number])[])[];
    readonly values: readonly number[];
    readonly read: readonly string[];
  }
  const ends = new Set<string>();
  const met = new Set<string>();
  const all = tasks.map(() => 0);
  const todo: State[] = [
    {
      at: all,
      memory: [0, 0],
      buffers: tasks.map(() => []),
      values: tasks.map((_, id) => id),
      read: tasks.map(() => ''),
    },
  ];
  for (let state = todo.pop(); state !== undefined; state = todo.pop()) {
    const key = JSON.stringify(state);
    if (met.has(key)) continue;
    met.add(key);
    const { at, memory, buffers, values, read } = state;
    if (tasks.every((ops, id) => at[id] === ops.length)) ends.add(read.join('|'));
    for (const [id, ops] of tasks.entries()) {
      const [oldest, ...rest] = buffers[id]!;
      if (oldest !== undefined)
        todo.push({ ...state, memory: memory.with(...oldest), buffers: buffers.with(id, rest) });
      if (at[id] === ops.length) continue;
      const [op, cell] = ops[at[id]!]!;
      const next = { ...state, at: at.with(id, at[id]! + 1) };
      if (op === 'read') {
        const own = buffers[id]!.findLast((store) => store[0] === cell);
        todo.push({ ...next, read: read.with(id, `${read[id]}${own?.[1] ?? memory[cell]}`) });
      } else if (op === 'write') {
        const value = values[id]! + 3;
        const stored = [...buffers[id]!, [cell, value] as const];
        todo.push({ ...next, values: values.with(id, value), buffers: buffers.with(id, stored) });
      } else if (oldest === undefined) {
        todo.push(op === 'fence' ? next : { ...next, memory: memory.with(cell, memory[cell]! + 1) });
      }
    }
  }
  return [...ends].map((end) => `read ${end}`).sort();
}

const X = 0;
const Y = 1;

/** Two tasks that each store to one cell and then load the other, with something in between. */
function storeBuffering(left: readonly Op[] = [], right: readonly Op[] = []): Program {
  return [
    [['write', X], ...left, ['read', Y]],
    [['write', Y], ...right, ['read', X]],
  ];
}

const bothRead0 = (read: string): boolean => read === '0|0';
const endings = ({ failures }: Exploration): string[] => failures.map((f) => f.message).sort();

describe('memory with store buffers', () => {
  it.each(['dfs', 'dpor', 'pct', 'random'] as const)('lets loads overtake earlier stores (%s)', (strategy) => {
    const program = model(storeBuffering(), bothRead0);
    expect(explore(program, { strategy, maxExecutions: 200 }).failures).toEqual([]);
    const { failures } = explore(program, { strategy, memory: 'tso' });
    expect(failures).toMatchObject([{ kind: 'violation', message: 'read 0|0', preemptions: 0 }]);
    expect(replay(program, failures[0]!.schedule).outcome.message).toBe('read 0|0');
  });

  it.each([['fence'], ['update']] as const)(
    'keeps them in order if both tasks have a barrier, %s, in between',
    (op) => {
      // the update goes to where nobody looks
      const barrier: Op[] = [[op, X]];
      const tso = { memory: 'tso', strategy: 'dpor' } as const;
      const both = storeBuffering(barrier, [[op, Y]]);
      expect(explore(model(both, bothRead0), tso)).toMatchObject({ complete: true, failures: [] });
      expect(explore(model(storeBuffering(barrier), bothRead0), tso).failures).toHaveLength(1);
    },
  );

  it('keeps stores in order, and loads', () => {
    const messagePassing: Program = [
      [
        ['write', X],
        ['write', Y],
      ],
      [
        ['read', Y],
        ['read', X],
      ],
    ];
    const late = (read: string): boolean => read === '|60';
    expect(explore(model(messagePassing, late), { memory: 'tso' })).toMatchObject({ complete: true, failures: [] });
  });

  it('shows a task its own stores before anybody else sees them', () => {
    const program = model(
      [
        [
          ['write', X],
          ['read', X],
          ['read', Y],
        ],
        storeBuffering()[1]!,
      ],
      (read) => read === '30|0',
    );
    expect(explore(program, { memory: 'tso' }).failures).toHaveLength(1);
    expect(
      endings(
        explore(
          model([
            [
              ['write', X],
              ['read', X],
            ],
          ]),
          { memory: 'tso', all: true },
        ),
      ),
    ).toEqual(['read 3']);
  });

  it('lets programs read what the definition of x86-TSO allows, no more and no less, whoever searches', () => {
    const op = fc.tuple(fc.constantFrom('read', 'read', 'write', 'write', 'update', 'fence'), fc.nat(1));
    const programs = fc.array(fc.array(op, { maxLength: 3 }), { minLength: 2, maxLength: 3 }) as fc.Arbitrary<Program>;
    const all = { memory: 'tso', all: true, shrinkExecutions: 0 } as const;
    let weak = 0;
    fc.assert(
      fc.property(programs, (tasks) => {
        const allowed = readsOf(tasks);
        const dpor = explore(model(tasks), { ...all, strategy: 'dpor' });
        expect(dpor.complete).toBe(true);
        expect(endings(dpor)).toEqual(allowed);
        if (endings(explore(model(tasks), { ...all, memory: 'sc', strategy: 'dpor' })).length < allowed.length) weak++;
        const dfs = explore(model(tasks), { ...all, bound: Infinity, maxExecutions: 1000 });
        if (dfs.complete) expect(endings(dfs)).toEqual(allowed);
        else expect(allowed).toEqual(expect.arrayContaining(endings(dfs)));
      }),
      { seed: 6012, numRuns: 100, examples: [[storeBuffering()], [storeBuffering([['fence', X]], [['update', Y]])]] },
    );
    expect(weak).toBeGreaterThan(0);
  });

  it('belongs to a schedule, and is explained', () => {
    const program = model(storeBuffering(), bothRead0);
    const [failure] = explore(program, { memory: 'tso' }).failures;
    expect(failure!.schedule).toBe('k1tso:0x3.1x3');
    expect(() => replay(program, failure!.schedule.replace('k1tso', 'k1') + '.2.3')).toThrow(/does not fit/);
    const { late, text } = explain(program, failure!);
    expect(late).toEqual([
      { object: 'x', field: 'value', stored: 2, drained: 7 },
      { object: 'y', field: 'value', stored: 5, drained: 8 },
    ]);
    expect(text).toContain('2  t0                  write buffered x.value\n');
    expect(text).toContain('7  store buffer of t0  write x.value\n');
    expect(text).toContain('what t0 stored to x.value in step 2 reached memory in step 7\n');
  });

  it('is refused if the machine never learns of it, or if there is no such thing', () => {
    const inner = model(storeBuffering());
    const deaf: Model = {
      boot: (chooser) =>
        inner.boot({
          choose: (choices) => chooser.choose(choices),
          access: (access, announced) => chooser.access(access, announced),
          pick: (name, n) => chooser.pick(name, n),
        }),
    };
    expect(explore(deaf, { all: true }).complete).toBe(true);
    expect(() => explore(deaf, { memory: 'tso' })).toThrow(/never asked the chooser.*pass on its property "memory"/);
    expect(() => explore(inner, { memory: 'rmo' as 'tso' })).toThrow(/memory is "rmo".*It is sc or tso/);
  });
});

describe('an event that another lane takes back', () => {
  it.each(['dfs', 'dpor'] as const)('happens before that, too (%s)', (strategy) => {
    const timer: Model = {
      boot: (chooser: Chooser) => {
        const sim = new Sim({ chooser });
        let fired = false;
        const owner = new SimEvent(sim.addLane('owner'), () => {
          sim.cancel(handler);
          sim.touch(sim, 'end', WRITE);
        });
        const handler = new SimEvent(sim.addLane('handler'), () => (fired = true));
        sim.post(owner, 0);
        sim.post(handler, 0);
        return {
          run: () => {
            sim.run(() => false);
            return { kind: 'violation', message: fired ? 'fired' : 'cancelled' };
          },
        };
      },
    };
    expect(endings(explore(timer, { strategy, all: true }))).toEqual(['cancelled', 'fired']);
  });
});
