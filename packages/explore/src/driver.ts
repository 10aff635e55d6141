import { UsageError, violated, type Access, type Choice, type Chooser, type Memory } from '@kernel-model/sim';
import type { Model, Outcome } from './model.ts';
import { codeOfLane, codeOfPick, type Code } from './schedule.ts';

/** How an execution ended that was cut off before its own end. */
const CUT: Outcome = { kind: 'ok', message: 'cut off' };

/**
 * A chooser that runs a model again and again, and keeps the choices of the current execution. What to choose is up
 * to the subclass.
 */
export abstract class Driver implements Chooser {
  /** The choices of the current execution. */
  readonly codes: Code[] = [];
  /** Number of choices of the current execution. */
  depth = 0;
  /** Events of the current execution so far. */
  steps = 0;
  /** Preemptions of the current execution so far. */
  preemptions = 0;
  /** Lane of the last event, -1 at the start. */
  lane = -1;
  /** The execution reached {@link maxSteps} and was cut off. */
  limited = false;
  /** The execution was cut off: its outcome means nothing. */
  cut = false;
  /** Number of choices up to the last one that is not the usual one: the rest follows by itself. */
  #necessary = 0;
  #error: Error | null = null;
  readonly #memory: Memory;
  /** Somebody wanted to know what memory is like. */
  #asked = false;

  constructor(
    readonly maxSteps: number,
    memory: Memory,
  ) {
    this.#memory = memory;
  }

  /** How memory looks to the machines that this chooser decides for. */
  get memory(): Memory {
    this.#asked = true;
    return this.#memory;
  }

  /** Boot and run once. @returns the outcome; meaningless if {@link cut} */
  execute(model: Model): Outcome {
    this.depth = this.steps = this.preemptions = this.#necessary = 0;
    this.lane = -1;
    this.limited = this.cut = false;
    this.#error = null;
    const run = model.boot(this);
    if (this.#memory !== 'sc' && !this.#asked) throw memoryUnknown(this.#memory);
    const outcome = run.run();
    if (this.#error !== null) throw this.#error;
    return this.cut ? CUT : outcome;
  }

  /** @inheritdoc */
  choose(choices: readonly Choice[]): number {
    if (this.#error !== null) {
      this.cut = true;
      return -1;
    }
    if (this.steps >= this.maxSteps) {
      this.limited = this.cut = true;
      return -1;
    }
    const usual = usualChoice(choices, this.lane);
    const i = this.decide(choices, usual);
    if (i < 0) {
      this.cut = true;
      return -1;
    }
    const choice = choices[i]!;
    this.codes[this.depth++] = codeOfLane(choice.lane, choice.future);
    if (i !== usual) {
      if (costs(choices, i, this.lane)) this.preemptions++;
      this.#necessary = this.depth;
    }
    // while a store buffer drains, everybody is where they were
    if (!choice.drains) this.lane = choice.lane;
    this.steps++;
    return i;
  }

  /** @inheritdoc */
  pick(name: string, n: number): number {
    const answer = this.decidePick(name, n);
    this.codes[this.depth++] = codeOfPick(answer);
    if (answer !== 0) this.#necessary = this.depth;
    return answer;
  }

  /** @inheritdoc */
  access(_access: Access, _announced: boolean): void {}

  /** @inheritdoc */
  posted(_by: number, _lane: number): void {}

  /** @inheritdoc */
  takenBack(_lane: number): void {}

  /** Choose; -1 cuts the execution off. `usual` is the choice that continues as if nothing was searched. */
  protected abstract decide(choices: readonly Choice[], usual: number): number;

  /** Answer a pick. */
  protected abstract decidePick(name: string, n: number): number;

  /** The choices of the execution without the usual ones at its end, copied. */
  necessary(): Code[] {
    return this.codes.slice(0, this.#necessary);
  }

  /** Cut the execution off and throw `error` from {@link execute}, whatever the model does with exceptions. */
  protected fail(error: Error): -1 {
    this.#error ??= error;
    return -1;
  }

  /** The error of a model whose runs differ although the choices are the same. */
  protected nondeterministic(): Error {
    return violated(
      'EXPLORE_DETERMINISM',
      `at choice ${this.depth} the same choices led to something else than before. A model must boot from scratch and ` +
        'depend on nothing but its chooser: look for state outside the machine.',
    );
  }
}

/** The choice that goes on as if nothing was searched: stores reach memory at once, and then see {@link onward}. */
export function usualChoice(choices: readonly Choice[], lane: number): number {
  for (let i = 0; i < choices.length; i++) if (choices[i]!.drains) return i;
  return onward(choices, lane);
}

/** The same lane if it can, else the first lane that is due, else the first event to come. */
function onward(choices: readonly Choice[], lane: number): number {
  for (let i = 0; i < choices.length; i++) {
    const choice = choices[i]!;
    if (choice.future) break;
    if (choice.lane === lane) return i;
  }
  return 0;
}

/** Whether choice i is a preemption: somebody who could go on is made to wait. */
export function costs(choices: readonly Choice[], i: number, lane: number): boolean {
  const first = choices[onward(choices, lane)]!;
  const choice = choices[i]!;
  if (first.future || choice.drains) return false;
  return choice.future || (first.lane === lane && choice.lane !== lane);
}

function memoryUnknown(memory: Memory): UsageError {
  return new UsageError('EXPLORE_MEMORY', {
    what: `The model does not know memory "${memory}": its machine never asked the chooser for it.`,
    advice: 'A chooser of your own that stands between the machine and this one has to pass on its property "memory".',
  });
}
