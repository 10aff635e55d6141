// `npm run costs`: how long the kernel takes from one event of a CPU to the next, on the recorded traces of a real Linux
// and on the model. The costs of the timed machine (packages/scheduler/src/config.ts) were found with it.
//   --least N   kinds of pairs that each side has at least N times, default 30
//   --off US    only means that differ by at least US microseconds, default 0
//   SCENARIO... parts of names, default all
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { ROOT } from '../steps.mjs';

if (!existsSync(join(ROOT, 'packages/runner/dist/index.js'))) {
  console.error('The packages are not built yet. Run: npm run build');
  process.exit(2);
}
const { readTrace } = await import('@kernel-model/trace');
const { parseScenario } = await import('@kernel-model/scenario');
const { DEFAULT_EVENTS, runScenario } = await import('@kernel-model/runner');

const ORACLE = join(ROOT, 'packages/scenario/oracle');
/** Pairs that are further apart have waited for something. */
const NEAR_US = 400;
/** The slowest part of each kind is left out of its mean: an interrupt came in between. */
const KEPT = 0.85;
/** Not every kernel has them between two others. */
const LEFT_OUT = new Set(['sched_migrate_task', 'tlb_flush', 'sched_process_free']);

const { least, off, scenarios } = readOptions();
const real = new Map();
const model = new Map();
for (const name of names()) {
  const file = `${name}.yaml`;
  const scenario = parseScenario(readFileSync(join(ORACLE, 'scenarios', file)), file);
  gather(real, gunzipSync(readFileSync(join(ORACLE, 'traces', `${name}.trace.gz`))).toString());
  gather(model, runScenario(scenario, { events: DEFAULT_EVENTS }).trace);
}
print();

function names() {
  const all = readdirSync(join(ORACLE, 'scenarios')).map((file) => file.replace(/\.yaml$/, ''));
  const found = all.filter((name) => scenarios.length === 0 || scenarios.some((part) => name.includes(part)));
  if (found.length > 0) return found;
  console.error(`No recorded scenario has ${scenarios.map((part) => `"${part}"`).join(' or ')} in its name.`);
  process.exit(2);
}

/** Distances in us of neighbouring events of a CPU, by what the two are. */
function gather(pairs, text) {
  const last = new Map();
  for (const event of readTrace(text).events) {
    if (LEFT_OUT.has(event.name)) continue;
    const us = event.at / 1000;
    const what = kind(event);
    const before = last.get(event.cpu);
    last.set(event.cpu, { us, what });
    if (before === undefined || us - before.us >= NEAR_US) continue;
    const key = `${before.what} -> ${who(event.comm)}: ${what}`;
    if (!pairs.has(key)) pairs.set(key, []);
    pairs.get(key).push(us - before.us);
  }
}

/** Who does something, without the numbers that tell one t3 from another. */
function who(comm) {
  if (comm.startsWith('swapper') || comm === '<idle>') return 'idle';
  return comm.startsWith('kworker') ? 'kworker' : comm.replaceAll(/\d+/g, 'N');
}

function kind({ name, text, fields }) {
  const [, mark] = /\bkm \S+ (\S+ \S+)/.exec(text) ?? [];
  if (mark !== undefined) return `mark ${mark}`;
  if (name === 'sched_switch') return `switch ${fields.prev_state} to ${who(fields.next_comm)}`;
  return name === 'sched_waking' || name === 'sched_wakeup' ? `${name} ${who(fields.comm)}` : name;
}

function mean(values) {
  const kept = values.toSorted((a, b) => a - b).slice(0, Math.max(1, Math.floor(values.length * KEPT)));
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}

function print() {
  const rows = [...real]
    .filter(([key, values]) => values.length >= least && (model.get(key)?.length ?? 0) >= least)
    .map(([key, values]) => ({ key, n: values.length, real: mean(values), model: mean(model.get(key)) }))
    .filter((row) => Math.abs(row.model - row.real) >= off)
    .sort((a, b) => Math.abs(b.model - b.real) - Math.abs(a.model - a.real));
  console.log(`${'real us'.padStart(8)} ${'model us'.padStart(9)} ${'n'.padStart(6)}  from -> to`);
  for (const row of rows) {
    console.log(
      `${row.real.toFixed(2).padStart(8)} ${row.model.toFixed(2).padStart(9)} ${String(row.n).padStart(6)}  ${row.key}`,
    );
  }
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      options: { least: { type: 'string', default: '30' }, off: { type: 'string', default: '0' } },
      allowPositionals: true,
    });
    const numbers = { least: Number(values.least), off: Number(values.off) };
    for (const [name, value] of Object.entries(numbers))
      if (!(value >= 0)) throw new Error(`--${name} takes a number, not "${values[name]}".`);
    return { ...numbers, scenarios: positionals };
  } catch (error) {
    console.error(`${error.message}\nUsage: npm run costs [-- --least N --off US SCENARIO...]`);
    process.exit(2);
  }
}
