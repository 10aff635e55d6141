// `npm run consume`: are the packages what strangers can use? Packs all of them, looks at what is packed, installs the
// packed files with npm in empty projects outside of this workspace, and uses them there.
//   npm run consume [-- PROJECT...]   only these of the projects      --keep   leave the directory behind
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, elapsed } from '../steps.mjs';
import { packAll, published } from './pack.mjs';
import { checkShape } from './shape.mjs';
import { beStranger, names } from './strangers.mjs';
import { useEach } from './uses.mjs';

const STEPS = [...names, 'uses'];
const { values, positionals } = readOptions();
const wanted = (name) => positionals.length === 0 || positionals.includes(name);
const missing = published().filter((dir) => !existsSync(join(ROOT, dir, 'dist/index.js')));
if (missing.length > 0) {
  console.error(`${missing.join(', ')} not built yet. Run: npm run build`);
  process.exit(2);
}

const dir = mkdtempSync(join(tmpdir(), 'kernel-model-consume-'));
let failed = 0;
try {
  const packed = await step(
    'pack',
    () => packAll(join(dir, 'packed')),
    (all) => `${all.length} packages`,
  );
  if (packed !== null) {
    await step(
      'shape',
      () => shape(packed),
      () => 'types, source maps, licence, no stray files',
    );
    const uses = () =>
      step(
        'uses',
        () => useEach(packed, join(dir, 'uses')),
        () => 'in Node and as browser bundles',
      );
    const jobs = names.filter(wanted).map((name) => () => step(name, () => beStranger(packed, name, join(dir, name))));
    const [table] = await inTwos(wanted('uses') ? [uses, ...jobs] : jobs);
    if (wanted('uses') && table !== null) console.log(`\n${table}`);
  }
} finally {
  if (values.keep) console.log(`\nkept: ${dir}`);
  else rmSync(dir, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

/** Runs jobs, two at a time. @returns their results, in order */
async function inTwos(jobs) {
  const results = [];
  const waiting = jobs.entries();
  const worker = async () => {
    for (const [index, job] of waiting) results[index] = await job();
  };
  await Promise.all([worker(), worker()]);
  return results;
}

async function shape(packed) {
  const problems = (await Promise.all(packed.map(checkShape))).flat();
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Runs one step and says how it went. @returns its result; null if it failed */
async function step(name, fn, describe = (text) => text) {
  const start = performance.now();
  try {
    const result = await fn();
    console.log(`${name.padEnd(12)}${'ok'.padEnd(8)}${elapsed(start).padStart(8)}  ${describe(result)}`);
    return result;
  } catch (error) {
    failed++;
    console.error(`${name.padEnd(12)}${'FAILED'.padEnd(8)}${elapsed(start).padStart(8)}\n${error.message}\n`);
    return null;
  }
}

function readOptions() {
  try {
    const parsed = parseArgs({ allowPositionals: true, options: { keep: { type: 'boolean', default: false } } });
    const unknown = parsed.positionals.find((name) => !STEPS.includes(name));
    if (unknown !== undefined) throw new Error(`There is no "${unknown}"; there are ${STEPS.join(', ')}.`);
    return parsed;
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}
