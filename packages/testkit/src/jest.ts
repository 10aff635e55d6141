import { expect } from '@jest/globals';
import { matchers } from './matchers.ts';
import type { TimelineOptions } from './timeline.ts';

declare module 'expect' {
  interface Matchers<R> {
    /** These lines are in the world's trace, in this order, with others in between. */
    toHaveTrace(wanted: readonly string[] | string): R;
    /** The world's tasks ran as drawn. */
    toMatchTimeline(drawn: string, options?: Partial<TimelineOptions>): R;
  }
}

expect.extend(matchers as unknown as Parameters<typeof expect.extend>[0]);
