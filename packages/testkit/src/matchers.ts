import { firstMissing } from './trace-lines.ts';
import type { TimelineOptions } from './timeline.ts';
import type { World } from './world.ts';

/** What a Jest matcher returns. */
export interface MatcherResult {
  readonly pass: boolean;
  /** Why, in words. */
  message(): string;
}

/** See {@link matchers}. */
export interface WorldMatchers {
  /**
   * These lines are in the trace, in this order, with others in between. A line that begins with a CPU in brackets
   * must have happened there, one without anywhere.
   */
  toHaveTrace(received: World, wanted: readonly string[] | string): MatcherResult;
  /** The tasks ran as drawn; see {@link World.timeline}. */
  toMatchTimeline(received: World, drawn: string, options?: Partial<TimelineOptions>): MatcherResult;
}

/** Jest matchers for a {@link World}; `import '@kernel-model/testkit/jest'` installs them. */
export const matchers: WorldMatchers = {
  toHaveTrace(received: World, wanted: readonly string[] | string): MatcherResult {
    const lines = received.trace;
    const list = typeof wanted === 'string' ? [wanted] : wanted;
    const missing = firstMissing(lines, list);
    return {
      pass: missing < 0,
      message: () =>
        missing < 0
          ? `The trace has all of:\n${indent(list)}`
          : `The trace does not have, in this order:\n${indent(list)}\nMissing: ${list[missing]}\nTrace:\n${indent(received.lines)}`,
    };
  },

  toMatchTimeline(received: World, drawn: string, options: Partial<TimelineOptions> = {}): MatcherResult {
    const tasks = options.tasks ?? drawn.split('\n').map((line) => line.split(' ', 1)[0]!);
    const actual = received.timeline({ ...options, tasks });
    return {
      pass: actual === drawn,
      message: () => `Drawn in the test:\n${drawn}\n\nThe tasks ran like this:\n${actual}`,
    };
  },
};

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}
