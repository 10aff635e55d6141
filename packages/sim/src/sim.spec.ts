import { describe, expect, it } from '@jest/globals';
import {
  POINT,
  READ,
  Sim,
  SimEvent,
  UsageError,
  WRITE,
  type Access,
  type Choice,
  type Chooser,
  type Step,
} from './index.ts';

/** Answers with given indices and writes down what it was offered. */
class Script implements Chooser {
  readonly offers: string[] = [];
  readonly accesses: string[] = [];
  readonly posts: string[] = [];
  readonly #answers: number[];

  constructor(...answers: number[]) {
    this.#answers = answers;
  }

  choose(choices: readonly Choice[]): number {
    this.offers.push(choices.map((c) => `${c.lane}${c.future ? '@' + c.event.atNs : ''}`).join(' '));
    return this.#answers.shift() ?? 0;
  }

  access(a: Access, announced: boolean): void {
    this.accesses.push(`${a.lane} ${a.kind === WRITE ? 'writes' : 'reads'} ${a.field}${announced ? ' next' : ''}`);
  }

  pick(_name: string, n: number): number {
    return n - 1;
  }

  posted(by: number, lane: number): void {
    this.posts.push(`${by} to ${lane}`);
  }
}

const never = (): boolean => false;

/** A machine with lanes a, b ... and a log of what ran when. */
function machine(chooser?: Chooser) {
  const sim = chooser === undefined ? new Sim() : new Sim({ chooser });
  const log: string[] = [];
  const event = (name: string, run: () => void = () => {}): SimEvent => {
    const ev = new SimEvent(sim.addLane(name), () => {
      log.push(`${name} ${sim.now}`);
      run();
    });
    return ev;
  };
  return { sim, log, event };
}

describe('a timed machine', () => {
  it('runs events by instant, then by order of posting, and moves time to them', () => {
    const { sim, log, event } = machine();
    sim.post(event('late'), 20);
    sim.post(event('first'), 10);
    sim.post(event('second'), 10);
    expect(sim.run(never)).toBe('empty');
    expect(log).toEqual(['first 10', 'second 10', 'late 20']);
  });

  it('moves an event that is posted again, behind others of the instant', () => {
    const { sim, log, event } = machine();
    const moved = event('moved');
    sim.post(moved, 5);
    sim.post(event('other'), 10);
    sim.post(moved, 10);
    sim.run(never);
    expect(log).toEqual(['other 10', 'moved 10']);
  });

  it('forgets a cancelled event and moves the horizon back', () => {
    const { sim, log, event } = machine();
    const cancelled = event('cancelled');
    sim.post(cancelled, 5);
    sim.post(event('kept'), 9);
    expect(sim.horizon).toBe(5);
    sim.cancel(cancelled);
    sim.cancel(cancelled);
    expect([sim.horizon, sim.nextAtNs, sim.pending]).toEqual([9, 9, 1]);
    sim.run(never);
    expect(log).toEqual(['kept 9']);
  });

  it('stops code at a visible point once it has reached the next event, not before', () => {
    const { sim, event } = machine();
    const answers: boolean[] = [];
    const code = event('code', () => {
      answers.push(sim.point({}, 'x', READ));
      sim.charge(9);
      answers.push(sim.point({}, 'x', READ));
      sim.charge(1);
      answers.push(sim.point({}, 'x', READ));
    });
    sim.post(code, 0);
    sim.post(event('irq'), 10);
    sim.run(never);
    expect(answers).toEqual([false, false, true]);
  });

  it('stops at the limit, which is a horizon for running code', () => {
    const { sim, log, event } = machine();
    sim.post(
      event('a', () => expect(sim.horizon).toBe(50)),
      10,
    );
    const b = event('b');
    expect(sim.run(never, 50)).toBe('empty');
    sim.post(b, 60);
    expect(sim.run(never, 50)).toBe('limit');
    expect([sim.now, ...log]).toEqual([50, 'a 10']);
    expect(sim.run(never)).toBe('empty');
  });

  it('stops when it is told to, between steps, after what has to follow each step', () => {
    const { sim, log, event } = machine();
    sim.afterStep(() => log.push('after'));
    sim.post(event('a'), 1);
    sim.post(event('b'), 2);
    expect(sim.run(() => log.length === 2)).toBe('stopped');
    expect(log).toEqual(['a 1', 'after']);
  });

  it('draws a pick from its seeded stream', () => {
    const picks = (seed: number): number[] => {
      const sim = new Sim({ seed });
      return Array.from({ length: 8 }, () => sim.pick('dice', 6));
    };
    expect(picks(1)).toEqual(picks(1));
    expect(picks(1)).not.toEqual(picks(2));
  });
});

describe('a call that is handed out', () => {
  function* call(): Step<number> {
    yield POINT;
    return 42;
  }

  it('runs when it is delegated to', () => {
    const { sim } = machine();
    const body = (function* (): Generator<unknown, number, void> {
      return yield* sim.issue('call', call());
    })();
    expect(body.next()).toEqual({ value: POINT, done: false });
    expect(body.next()).toEqual({ value: 42, done: true });
    sim.checkIssued();
  });

  it('is reported by name at the next call if it was never run, once', () => {
    const { sim } = machine();
    expect(sim.issue('msleep', call())).toBe(sim);
    expect(() => sim.issue('schedule', call())).toThrow(UsageError);
    expect(sim.issue('msleep', call())).toBe(sim);
    expect(() => sim.checkIssued()).toThrow('msleep() was called but never run. Write "yield* msleep(...)".');
    sim.checkIssued();
  });
});

describe('an explored machine', () => {
  it('offers the first due event of each lane, and the lanes that are next', () => {
    const script = new Script(1, 1);
    const { sim, log, event } = machine(script);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => event(name));
    sim.post(d!, 30);
    sim.post(c!, 20);
    sim.post(b!, 20);
    sim.post(a!, 0);
    expect(sim.run(never)).toBe('empty');
    expect(script.offers).toEqual(['0 1@20 2@20', '0 2 3@30', '0 3@30', '3@30']);
    expect(log).toEqual(['b 20', 'c 20', 'a 20', 'd 30']);
  });

  it('keeps the events of one lane in order', () => {
    const script = new Script();
    const { sim, log } = machine(script);
    const lane = sim.addLane('a');
    for (const [name, atNs] of [
      ['third', 9],
      ['first', 0],
      ['second', 0],
    ] as const) {
      sim.post(new SimEvent(lane, () => log.push(name)), atNs);
    }
    sim.run(never);
    expect(log).toEqual(['first', 'second', 'third']);
    expect(script.offers).toEqual(['0', '0', '0@9']);
  });

  it('charges nothing and stops at every visible point, which it announces', () => {
    const script = new Script();
    const { sim, event } = machine(script);
    const object = {};
    const a = event('a', () => {
      sim.charge(100);
      expect(sim.now).toBe(0);
      sim.touch(object, 'lock', READ);
      expect(sim.announced()).toBeNull();
      expect(sim.point(object, 'count', WRITE)).toBe(true);
      expect(sim.announced()).toEqual({ lane: 0, object, field: 'count', kind: WRITE });
      sim.touchAgain(sim.announced());
    });
    sim.post(a, 0);
    sim.run(never);
    expect(script.accesses).toEqual(['0 reads lock', '0 writes count next', '0 writes count']);
    expect(sim.pick('any', 3)).toBe(2);
  });

  it('tells who queues, takes back or asks for events of others', () => {
    const script = new Script();
    const { sim, event } = machine(script);
    const b = event('b');
    const a = event('a', () => {
      sim.post(b, 5);
      expect(sim.isQueued(b)).toBe(true);
      sim.cancel(b);
      sim.cancel(a);
    });
    sim.post(a, 0);
    sim.run(never);
    expect(script.posts).toEqual(['1 to 0', '1 to 0', '1 to 0']);
  });

  it('makes a lane that waits in a loop stand back until another one has acted', () => {
    const script = new Script();
    const { sim, event } = machine(script);
    let turns = 0;
    const spinner: SimEvent = event('spinner', () => {
      sim.relax();
      if (++turns < 3) sim.post(spinner, sim.now);
    });
    sim.post(spinner, 0);
    sim.post(event('b'), 0);
    sim.run(never);
    expect(script.offers).toEqual(['0 1', '1', '0', '0']);
  });

  it('lets a plain store wait for its turn in a buffer of its own lane, and a barrier wait for the store', () => {
    const script = new Script(0, 0, 0, 0, 0);
    const { sim, log, event } = machine(Object.assign(script, { memory: 'tso' as const }));
    const word = { value: 0 };
    const load = (): number => (sim.forwarded(word, 'value')?.value as number | undefined) ?? word.value;
    const steps = [
      () => void sim.pointStore(word, 'value'),
      () => {
        sim.store(word, 'value', 1, (value) => void (word.value = value));
        sim.pointLoad(word, 'value');
      },
      () => {
        log.push(`reads ${load()}, memory ${word.value}`);
        sim.point(word, 'value', WRITE);
      },
      () => void log.push(`barrier: memory ${word.value}`),
    ];
    const code: SimEvent = event('code', () => {
      steps.shift()!();
      if (steps.length > 0) sim.post(code, sim.now);
    });
    expect(sim.addStoreBuffer(0)).not.toBeNull();
    sim.post(code, 0);
    sim.run(never);
    expect(log.filter((line) => !line.startsWith('code'))).toEqual(['reads 1, memory 0', 'barrier: memory 1']);
    // the barrier is not on offer while the store is on its way
    expect(script.offers).toEqual(['0', '0', '0 1', '1', '0']);
  });

  it('has no store buffers unless its chooser asks for them', () => {
    const { sim, event } = machine(new Script());
    event('code');
    expect([sim.buffered, sim.addStoreBuffer(0), sim.pointBarrier()]).toEqual([false, null, false]);
  });

  it('ends when the chooser says so', () => {
    const { sim, log, event } = machine(new Script(-1));
    sim.post(event('a'), 0);
    expect(sim.run(never)).toBe('stopped');
    expect(log).toEqual([]);
  });
});
