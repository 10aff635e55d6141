import { describe, expect, test } from '@jest/globals';
import type { Access, Choice, Chooser } from '@kernel-model/sim';
import { parseScenario } from './parse.ts';
import { ScenarioRun } from './run.ts';

const TEXT = `
completions: [done]
functions:
  worker:
    - complete: done
main:
  - kthread_run: [a, worker]
  - kthread_create: [b, worker]
  - schedule_timeout: 100
  - wait_for_completion: done
`;

/** Takes the first choice that is due, or the last one, and keeps what it was offered. */
class Witness implements Chooser {
  readonly offers: string[] = [];
  constructor(
    readonly nameOf: (lane: number) => string,
    readonly early: boolean = false,
  ) {}
  choose(choices: readonly Choice[]): number {
    this.offers.push(choices.map((c) => this.nameOf(c.lane) + (c.future ? ' later' : '')).join(', '));
    return this.early ? choices.length - 1 : 0;
  }
  access(_access: Access): void {}
  pick(): number {
    return 0;
  }
}

function run(earlyTimers: number, early = false): { witness: Witness; kind: string; cpus: Record<string, number> } {
  const witness: Witness = new Witness((lane) => made.machine.sim.laneName(lane), early);
  const made = new ScenarioRun(parseScenario(TEXT, 'x.yaml', { cpus: 3 }), {
    config: { chooser: witness },
    earlyTimers,
  });
  const { kind } = made.run();
  const cpus: Record<string, number> = {};
  for (const p of made.machine.sched.tasks.values()) cpus[p.comm] = p.wakeCpu;
  return { witness, kind, cpus };
}

describe('an explored scenario', () => {
  test('starts with the first step of main, and makes threads in one step', () => {
    const { witness, kind } = run(0);
    expect(kind).toBe('ok');
    // nothing of kthreadd or of the new thread's beginnings: main's wakeup of it comes first
    expect(witness.offers[0]).toBe('cpu0');
    expect(witness.offers.length).toBeLessThan(60);
  });

  test('starts its threads on the CPUs in turn', () => {
    expect(run(0).cpus).toMatchObject({ km_main: 0, b: 2 });
  });

  test('lets time pass only when nothing is left to do, or before that as often as it may', () => {
    const early = (offer: string): boolean => offer.includes('later') && !/^[^,]*later/.test(offer);
    expect(run(0).witness.offers.filter(early)).toEqual([]);
    // a chooser that is always impatient sees such offers until it has used them up
    expect(run(0, true).witness.offers.filter(early)).toEqual([]);
    expect(run(2, true).witness.offers.filter(early)).toHaveLength(2);
  });
});
