import { UsageError, type Choice } from '@kernel-model/sim';
import { Driver } from './driver.ts';
import type { Model, Outcome } from './model.ts';
import { codeOf, codeOfLane, describeCode, isPick, memoryOf, parseSchedule, valueOf, type Code } from './schedule.ts';

/** What a replayed run came to. */
export interface Replay {
  /** How it ended; 'limit' if it was still running after maxSteps. */
  readonly outcome: Outcome;
  /** Number of events. */
  readonly steps: number;
  /** How often somebody who could go on was made to wait. */
  readonly preemptions: number;
  /** The trace of the run, if its model keeps one. */
  readonly trace: string | null;
}

/** Steps after which a run is cut off, unless an option says otherwise. */
export const MAX_STEPS = 10_000;

/**
 * Follows a list of choices and then the usual ones.
 * @internal
 */
export class Follower extends Driver {
  #wanted: readonly Code[] = [];
  #next = 0;
  #lenient = false;

  /** What to follow from now on. A lenient follower skips what does not fit instead of failing. */
  follow(wanted: readonly Code[], lenient: boolean): void {
    this.#wanted = wanted;
    this.#next = 0;
    this.#lenient = lenient;
  }

  /** True if the execution consumed all choices. */
  get followed(): boolean {
    return this.#next >= this.#wanted.length;
  }

  protected decide(choices: readonly Choice[], usual: number): number {
    while (this.#next < this.#wanted.length) {
      const code = this.#wanted[this.#next++]!;
      for (let i = 0; i < choices.length; i++) {
        if (codeOfLane(choices[i]!.lane, choices[i]!.future) === code) return i;
      }
      if (!this.#lenient) {
        const offered = choices.map((c) => describeCode(codeOfLane(c.lane, c.future))).join(', ');
        return this.fail(misfit(this.#next, code, offered));
      }
    }
    return usual;
  }

  protected decidePick(name: string, n: number): number {
    if (this.#next >= this.#wanted.length) return 0;
    const code = this.#wanted[this.#next]!;
    if (isPick(code) && valueOf(code) < n) {
      this.#next++;
      return valueOf(code);
    }
    if (!this.#lenient) this.fail(misfit(this.#next + 1, code, `pick 0 to ${n - 1} of ${name}`));
    return 0;
  }
}

/**
 * Run a schedule again. When it is used up the run goes on with the usual choices: the same lane as long as it can,
 * then the first that is due, and time passes when none is. The schedule says how memory is.
 * @throws UsageError EXPLORE_SCHEDULE if the text is no schedule, EXPLORE_MISFIT if the model does not offer a choice of it
 */
export function replay(model: Model, schedule: string, maxSteps: number = MAX_STEPS): Replay {
  const codes = parseSchedule(schedule).map(codeOf);
  const follower = new Follower(Math.max(maxSteps, codes.length), memoryOf(schedule));
  follower.follow(codes, false);
  let trace: string | null = null;
  const outcome = follower.execute({
    boot: (chooser) => {
      const run = model.boot(chooser);
      return {
        run: () => {
          const result = run.run();
          trace = run.trace?.() ?? null;
          return result;
        },
      };
    },
  });
  requireFollowed(follower, codes);
  return {
    outcome: outcomeOf(follower, outcome),
    steps: follower.steps,
    preemptions: follower.preemptions,
    trace,
  };
}

/** @throws UsageError EXPLORE_MISFIT if the run ended before the schedule did @internal */
export function requireFollowed(follower: Follower, codes: readonly Code[]): void {
  if (!follower.followed) throw misfit(follower.depth + 1, codes[follower.depth]!, 'none: the run had ended');
}

/** The outcome of an execution that may have been cut off. @internal */
export function outcomeOf(follower: Follower, outcome: Outcome): Outcome {
  return follower.limited ? { kind: 'limit', message: `still running after ${follower.steps} steps` } : outcome;
}

function misfit(at: number, code: Code, offered: string): UsageError {
  return new UsageError('EXPLORE_MISFIT', {
    what: `The schedule does not fit: at choice ${at} ${describeCode(code)} was expected; the choices are ${offered}.`,
    advice: 'Replay it with the model, configuration and seed that it was found with.',
  });
}
