// `npm run release`: publishes the packages whose version is not on the registry yet.
//   --dry-run   publish nothing; show what would be: names, versions, numbers of files and sizes   --files   and each file
// Versions are made before that: `npm run version-packages` turns the changesets into versions and changelogs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packAll } from './consume/pack.mjs';
import { checkShape } from './consume/shape.mjs';
import { ROOT, binOf, capture, show } from './steps.mjs';

const options = readOptions();
const dir = mkdtempSync(join(tmpdir(), 'kernel-model-release-'));
try {
  const plan = await planned();
  const packed = await packAll(dir);
  const problems = (await Promise.all(packed.map(checkShape))).flat();
  print(packed, plan);
  if (problems.length > 0) stop(1, `Not fit to be published:\n${problems.join('\n')}`);
  if (!options['dry-run']) await publish(plan);
} finally {
  rmSync(dir, { recursive: true, force: true });
}

async function publish(plan) {
  const dirty = execFileSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' }).trim();
  if (dirty !== '') stop(1, `Commit first; a release is made of what is committed:\n${dirty}`);
  if (plan.size > 0)
    stop(1, 'There are changesets. Run `npm run version-packages`, read the changelogs, commit, come back.');
  if ((await show(['tools/consume/run.mjs'])) !== 0) stop(1, 'Nothing was published.');
  process.exitCode = await show([binOf('@changesets/cli', 'changeset'), 'publish']);
}

/** What the changesets make of the versions: name to version. */
async function planned() {
  const waiting = readdirSync(join(ROOT, '.changeset')).filter((name) => name.endsWith('.md') && name !== 'README.md');
  if (waiting.length === 0) return new Map();
  const file = join(dir, 'plan.json');
  const args = [binOf('@changesets/cli', 'changeset'), 'status', '--output', relativeTo(file)];
  const { status, output } = await capture(args);
  if (status !== 0) stop(1, output);
  const { releases } = JSON.parse(readFileSync(file, 'utf8'));
  return new Map(releases.filter(({ type }) => type !== 'none').map(({ name, newVersion }) => [name, newVersion]));
}

/** changeset takes the path from the root of the repository. */
function relativeTo(file) {
  return `${'../'.repeat(ROOT.split('/').filter(Boolean).length)}${file.slice(1)}`;
}

function print(packed, plan) {
  const rows = packed.map(({ name, manifest, files, size, unpackedSize }) => {
    const next = plan.get(name);
    return [
      name,
      next === undefined ? manifest.version : `${manifest.version} -> ${next}`,
      files.length,
      kB(size),
      kB(unpackedSize),
    ];
  });
  const table = [['package', 'version', 'files', 'packed', 'unpacked'], ...rows];
  const widths = table[0].map((_, i) => Math.max(...table.map((row) => String(row[i]).length)));
  for (const row of table) {
    console.log(
      row
        .map((cell, i) => (i < 2 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    );
  }
  if (options.files) for (const { name, files } of packed) console.log(`\n${name}\n  ${files.join('\n  ')}`);
  const bytes = packed.reduce((sum, { size }) => sum + size, 0);
  console.log(
    `\n${packed.length} packages, ${kB(bytes)}${options['dry-run'] ? '; nothing was published (--dry-run)' : ''}`,
  );
}

function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function readOptions() {
  try {
    const flag = { type: 'boolean', default: false };
    return parseArgs({ options: { 'dry-run': flag, files: flag } }).values;
  } catch (error) {
    return stop(2, error.message);
  }
}

function stop(status, message) {
  console.error(message);
  rmSync(dir ?? '', { recursive: true, force: true });
  process.exit(status);
}
