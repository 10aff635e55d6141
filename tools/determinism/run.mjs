// `npm run determinism`: the same scenarios and seeds on every engine that is here; all must come to one hash.
//   --runs N     default 300      --nightly   10,000      --from N   the first seed, default 0
//   --seed N     one run: prints where the engines part, or the hash they agree on
//   --node PATH  compare with this Node instead of the newer one from npm; may be given several times
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, elapsed } from '../steps.mjs';

if (!existsSync(join(ROOT, 'packages/runner/dist/index.js'))) {
  console.error('The packages are not built yet. Run: npm run build');
  process.exit(2);
}
const { scenarioOf } = await import('@kernel-model/properties');
const { hash } = await import('./fingerprint.mjs');
const { startEngines } = await import('./engines.mjs');

const BATCH = 25;
const options = readOptions();
const start = performance.now();
const { engines, missing } = await startEngines(options.node);
try {
  process.exitCode = options.seed === null ? await compareAll() : await compareOne(options.seed);
} finally {
  await Promise.all(engines.map((engine) => engine.close()));
}

async function compareAll() {
  const { from, runs } = options;
  const items = Array.from({ length: runs }, (_, i) => ({ seed: from + i, text: scenarioOf(from + i) }));
  const done = new Map(engines.map(({ name }) => [name, 0]));
  const tell = () => {
    const share = Math.min(...done.values()) / runs;
    const left = share === 0 ? '' : `, ${Math.ceil(((performance.now() - start) / 1000) * (1 / share - 1))} s left`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${Math.floor(100 * share)} %${left}`);
  };
  const hashes = await Promise.all(
    engines.map(async (engine) => {
      const order = engine.backwards ? items.toReversed() : items;
      const found = new Map();
      for (let at = 0; at < order.length; at += BATCH) {
        const batch = order.slice(at, at + BATCH);
        (await engine.run(batch)).forEach((value, i) => found.set(batch[i].seed, value));
        done.set(engine.name, found.size);
        tell();
      }
      return items.map(({ seed }) => found.get(seed));
    }),
  );
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  engines.forEach(({ name }, i) =>
    console.log(`${name.padEnd(28)} ${hash(hashes[i].join()).toString(16).padStart(14, '0')}`),
  );
  missing.forEach((what) => console.log(`not compared: ${what}`));
  const parted = items.filter((_, i) => hashes.some((list) => list[i] !== hashes[0][i]));
  console.log(`${runs} runs on ${engines.length} engines: ${parted.length} differ (${elapsed(start)})`);
  for (const { seed } of parted.slice(0, 10)) console.error(`To see where: npm run determinism -- --seed ${seed}`);
  return parted.length === 0 ? 0 : 1;
}

async function compareOne(seed) {
  const item = { seed, text: scenarioOf(seed) };
  const texts = await Promise.all(engines.map(async (engine) => (await engine.run([item], true))[0].split('\n')));
  const file = `seed-${seed}.yaml`;
  writeFileSync(file, item.text);
  console.log(`the scenario: ${file}; on this Node: npx kmodel run ${file} --seed ${seed} --limit 300ms --trace -`);
  missing.forEach((what) => console.log(`not compared: ${what}`));
  const [first] = texts;
  const parted = engines.flatMap(({ name }, i) => {
    const at = first.findIndex((line, row) => line !== texts[i][row]);
    const row = at < 0 && texts[i].length > first.length ? first.length : at;
    return row < 0 ? [] : [`line ${row + 1}\n  ${engines[0].name}: ${first[row]}\n  ${name}: ${texts[i][row]}`];
  });
  console.log(parted.length === 0 ? `all engines agree: ${hash(first.join('\n')).toString(16)}` : parted.join('\n'));
  return parted.length === 0 ? 0 : 1;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: 'string' },
        from: { type: 'string', default: '0' },
        seed: { type: 'string' },
        nightly: { type: 'boolean', default: false },
        node: { type: 'string', multiple: true, default: [] },
      },
    });
    const runs = number('runs', values.runs ?? (values.nightly ? '10000' : '300'), 1);
    const seed = values.seed === undefined ? null : number('seed', values.seed, 0);
    return { runs, from: number('from', values.from, 0), seed, node: values.node };
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}

function number(name, text, least) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} ${text}: not a number from ${least} on`);
  return value;
}
