// `npm run bench [-- OPTIONS CASE...]`: measures the cases of cases.mjs, each in a process of its own, in rounds, so that
// a machine whose speed drifts disturbs all of them alike, and holds the medians against the targets.
//   --rounds N   default 3      --json   one object instead of the table      --list   the names of the cases
// A CASE is a part of a name. Times are CPU times of the thread.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
if (!existsSync(here('../../packages/machine/dist/index.js'))) {
  console.error('The packages are not built yet. Run: npx tsc --build');
  process.exit(2);
}
const { CASES } = await import('./cases.mjs');
const { PEERS } = await import('./peers.mjs');
const options = readOptions();
const names = Object.keys(CASES).filter((name) => wanted(name));
const peers = Object.keys(PEERS).filter((name) => wanted(name) || wanted('ping-pong'));

if (options.list) {
  console.log(Object.keys({ ...CASES, ...PEERS }).join('\n'));
} else if (names.length + peers.length === 0) {
  console.error(`No case has ${options.cases.map((part) => `"${part}"`).join(' or ')} in its name; see --list.`);
  process.exit(2);
} else {
  const results = summarize(measureAll());
  if (options.json) console.log(JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, results }, null, 2));
  else print(results);
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
      },
    });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: not a number from 1 on`);
    return { ...values, rounds, cases: positionals };
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}

function wanted(name) {
  return options.cases.length === 0 || options.cases.some((part) => name.includes(part));
}

/** The values of each case, one a round: ns an operation, or the case's own unit; null for a peer that is not there. */
function measureAll() {
  const values = new Map([...names, ...peers].map((name) => [name, []]));
  for (let round = 1; round <= options.rounds; round++) {
    for (const name of names) {
      progress(`round ${round} of ${options.rounds}: ${name}`);
      values.get(name).push(measureCase(name));
    }
    for (const name of peers) {
      progress(`round ${round} of ${options.rounds}: ${name}`);
      values.get(name).push(PEERS[name]());
    }
  }
  progress('');
  return values;
}

function measureCase(name) {
  const args = ['--expose-gc', here('one.mjs'), name];
  const { operations, ns, value } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return value ?? ns / operations;
}

function summarize(values) {
  const medians = new Map([...values].map(([name, list]) => [name, median(list)]));
  return [...values].map(([name, list]) => {
    const found = CASES[name];
    const result = {
      name,
      unit: unitOf(found),
      median: medians.get(name),
      min: Math.min(...list),
      max: Math.max(...list),
    };
    if (found?.atMost !== undefined) return { ...result, limit: found.atMost };
    if (found?.target !== undefined) return { ...result, limit: 1e9 / found.target };
    if (found?.per === undefined || !medians.has(found.per)) return result;
    return { ...result, per: found.per, limit: found.times * medians.get(found.per) };
  });
}

function unitOf(found) {
  if (found === undefined) return 'ns/switch';
  return found.atMost === undefined ? `ns/${found.unit}` : found.unit;
}

/** @returns null if there is no value */
function median(list) {
  if (list.includes(null)) return null;
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}

function print(results) {
  console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}, median of ${options.rounds} rounds\n`);
  console.log('case                             median  unit            min .. max       at most');
  for (const r of results) {
    if (r.median === null) {
      console.log(`${r.name.padEnd(30)}  not installed here`);
      continue;
    }
    const range = `${show(r.min)} .. ${show(r.max)}`;
    const verdict =
      r.limit === undefined
        ? ''
        : `${show(r.limit)} ${r.median <= r.limit ? 'reached' : `missed: ${(r.median / r.limit).toFixed(1)} times`}`;
    console.log(
      `${r.name.padEnd(30)}${show(r.median).padStart(9)}  ${r.unit.padEnd(13)} ${range.padEnd(17)}${verdict}`,
    );
  }
  compareWithKernel(results);
}

/** One switch of the model against one of the real kernel, which both did in this run. */
function compareWithKernel(results) {
  const model = results.find(({ name }) => name === 'ping-pong');
  const kernel = results.find(({ name }) => name.startsWith('perf bench'));
  if (model === undefined || !kernel?.median) return;
  console.log(
    `\nA switch of the real kernel costs ${(kernel.median / model.median).toFixed(1)} times one of the model.`,
  );
}

function show(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
