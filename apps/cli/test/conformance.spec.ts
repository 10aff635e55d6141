import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { Kind } from '@kernel-model/analysis';
import { join } from 'node:path';
import { JUDGED, compareWithReal, oracleNames } from './oracle.ts';
import { ROOT } from './world.ts';

// Every scenario that a real Linux 6.12 ran, on the model, projection by projection. What is known to differ stands in
// known-differences.json with the reason. The table only shrinks: a new difference is a regression, and one that is gone
// must be taken out, which UPDATE_CONFORMANCE=1 does. UPDATE_CONFORMANCE=add also adds new ones, without a reason: write
// it, from what the two traces show, or mend the model.

interface KnownDifference {
  /** Projections that differ. */
  readonly kinds: readonly Kind[];
  /** Why, from what the two traces show. */
  readonly why: string;
}

const FILE = fileURLToPath(new URL('known-differences.json', import.meta.url));
const KNOWN = JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, KnownDifference>;
const README = join(ROOT, 'README.md');
const UPDATE = process.env['UPDATE_CONFORMANCE'] ?? '';

describe('on the model as on a real Linux 6.12:', () => {
  const left: Record<string, KnownDifference> = {};

  test.each(oracleNames())('%s', (name) => {
    const comparison = compareWithReal(name);
    const known = KNOWN[name];
    const differs = comparison.bad.map((kind) => `${kind}: ${comparison.differences[kind].slice(0, 3).join('; ')}`);
    const unknown = differs.filter((line) => known?.kinds.every((kind) => !line.startsWith(`${kind}:`)) ?? true);
    if (UPDATE !== 'add') expect(unknown).toEqual([]);
    const still = comparison.bad.filter((kind) => UPDATE === 'add' || known?.kinds.includes(kind));
    if (still.length > 0) left[name] = { kinds: still, why: known?.why ?? `Not explained yet. ${differs.join('. ')}` };
    // gone is good news: run with UPDATE_CONFORMANCE=1 to take it out of known-differences.json
    const gone = known?.kinds.filter((kind) => !still.includes(kind)) ?? [];
    if (UPDATE === '') expect({ name, gone }).toEqual({ name, gone: [] });
  });

  test('the table of known differences is about these scenarios, and gives reasons', () => {
    expect(oracleNames()).toEqual(expect.arrayContaining(Object.keys(KNOWN)));
    expect(Object.entries(KNOWN).filter(([, { why, kinds }]) => why.length < 20 || kinds.length === 0)).toEqual([]);
    if (UPDATE !== '') writeFileSync(FILE, jsonText(left));
  });

  test('the README says how many are the same', () => {
    const differing = Object.keys(UPDATE === '' ? KNOWN : left);
    const [head, rest = ''] = readFileSync(README, 'utf8').split('writes this table -->\n');
    const text = `${head}writes this table -->\n\n${table(differing)}\n\n${rest.slice(rest.indexOf('<!-- /conformance -->'))}`;
    if (UPDATE !== '') writeFileSync(README, text);
    expect(readFileSync(README, 'utf8')).toBe(text);
  });
});

/** As prettier lays it out. */
function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2).replace(/\[\s+([^\]]*?)\s+\]/g, (_, items: string) => `[${items.replace(/\s+/g, ' ')}]`)}\n`;
}

const FAMILIES: readonly (readonly [what: string, names: RegExp])[] = [
  ['life of kthreads: create, stop, park, bind, signals', /^(kthread|signal|set-cpus|rand-life)-/],
  ['completions, wait queues, mutexes', /^(completion|wait-event|mutex|rand-sync)-/],
  ['policies, nice levels, preemption, affinity', /^(sched|rand-sched)-/],
  ['up to 4 CPUs with balancing', /^rand-smp-/],
  ['kthread workers', /^(kworker|rand-kworker)-/],
  ['workqueues', /^(wq|rand-wq)-/],
  ['address spaces and TLB', /^(mm|rand-mm)-/],
  ['CPU hotplug', /^rand-hot-/],
];

function table(differing: readonly string[]): string {
  const judged = oracleNames().filter((name) => (JUDGED[name]?.kinds.length ?? 0) > 0);
  const rows = [...FAMILIES, ['all', /./] as const].map(([what, names]) => {
    const those = judged.filter((name) => names.test(name));
    const same = those.filter((name) => !differing.includes(name));
    return [what, String(those.length), String(same.length)];
  });
  const cells = [['scenarios about', 'judged', 'the same in all that is judged'], ...rows];
  const widths = [0, 1, 2].map((i) => Math.max(...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(' | ')} |`;
  const rule = `| ${'-'.repeat(widths[0]!)} | ${'-'.repeat(widths[1]! - 1)}: | ${'-'.repeat(widths[2]! - 1)}: |`;
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join('\n');
}
