export { checkMachine } from './invariants.ts';
export { matchers, type MatcherResult } from './matchers.ts';
export { Timeline, timeline, type TimelineOptions } from './timeline.ts';
export { firstMissing, lineOf, timedLineOf, trace } from './trace-lines.ts';
export { World, world, type Body, type WorldConfig } from './world.ts';
