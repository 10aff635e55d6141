// What an engine does with a scenario and a seed, as a number. Runs in Node and in browsers: nothing here but the language.
import { DEFAULT_EVENTS, TimedRun } from '@kernel-model/runner';
import { parseScenario } from '@kernel-model/scenario';

/** Virtual time: enough for scenarios that end, and short for those that spin. */
const LIMIT_NS = 300e6;

/** Everything a run left: how it ended, when, its trace, and what its dice would have said next. */
export function run({ seed, text }) {
  const scenario = parseScenario(text, `seed-${seed}.yaml`);
  const timed = new TimedRun(scenario, { seed, events: DEFAULT_EVENTS, limit: LIMIT_NS });
  timed.advance(() => false);
  const next = timed.machine.sim.random('fingerprint').below(2 ** 30);
  const { kind, message, details, trace, events, tookNs } = timed.result();
  return [`${kind} ${message}`, ...details, `${events} events, ${tookNs} ns, next ${next}`, trace].join('\n');
}

/** @param items {seed, text} each @returns a hash each */
export function fingerprints(items) {
  return items.map((item) => hash(run(item)));
}

/** 53 bits of a text, by integer operations only. */
export function hash(text) {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
