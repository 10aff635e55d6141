// Brings a checkout to where everything runs: dependencies installed, packages built.
// Safe to run at any time: what is up to date is left alone, and says nothing.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binOf, capture, elapsed, ROOT } from './steps.mjs';

const LOCK = join(ROOT, 'package-lock.json');
const MODULES = join(ROOT, 'node_modules');
const INSTALLED = join(MODULES, '.kernel-model-setup');
const BUILT = join(MODULES, '.kernel-model-build');
/** One of these says that a project is built, and how. */
const BUILD_FILES = ['tsconfig.lib.json', 'vite.config.mjs'];

checkNode();
await install();
await build();

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Node ${process.versions.node} is too old: this project needs Node 20.19 or later.`,
    'Install a current Node (for example with your version manager) and run the command again.',
  );
}

async function install() {
  const lock = readFileSync(LOCK);
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (read(INSTALLED) === wanted) return;
  if (!matchesLock(JSON.parse(lock))) {
    await step('install dependencies (npm ci)', npm(), [
      'Check the network and the npm registry, then run the command again.',
      'If npm says that the lock file and package.json are out of sync, run: npm install',
    ]);
  }
  writeFileSync(INSTALLED, wanted);
}

/** Whether somebody already installed what the lock says, for example with npm ci. */
function matchesLock(lock) {
  const text = read(join(MODULES, '.package-lock.json'));
  if (text === null) return false;
  const present = JSON.parse(text).packages;
  return Object.entries(lock.packages).every(
    ([path, { version, optional, devOptional, link }]) =>
      !path.includes('node_modules/') || optional || devOptional || link || present[path]?.version === version,
  );
}

/** npm as a command of this Node: the one that runs this script, or else the one on the path. */
function npm() {
  const args = ['ci', '--no-audit', '--no-fund'];
  const file = process.env.npm_execpath;
  if (file?.endsWith('.js')) return { args: [file, ...args] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args };
}

async function build() {
  const wanted = sourcesHash();
  if (read(BUILT) === wanted && projects().every(isBuilt)) return;
  const nx = [binOf('nx'), 'run-many', '-t', 'build', '--outputStyle=static'];
  await step('build the packages (nx run-many -t build)', { args: nx }, [
    'Fix the errors above; `npm run build` builds again, and only what changed.',
  ]);
  writeFileSync(BUILT, wanted);
}

function isBuilt(dir) {
  return ['index.js', 'index.html'].some((file) => existsSync(join(dir, 'dist', file)));
}

/** The directories of the packages and apps that are compiled or, as the playground, bundled. */
function projects() {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(ROOT, group, name)))
    .filter((dir) => BUILD_FILES.some((file) => existsSync(join(dir, file))));
}

/** A hash of everything a build reads: asking Nx costs a second, this costs a few milliseconds. */
function sourcesHash() {
  const hash = createHash('sha256').update(process.version).update(readFileSync(LOCK));
  for (const file of ['nx.json', 'tsconfig.base.json']) hash.update(readFileSync(join(ROOT, file)));
  for (const dir of projects()) {
    const names = readdirSync(join(dir, 'src'), { recursive: true }).filter((name) =>
      /(?<!\.spec)\.(tsx?|css)$/.test(name),
    );
    const files = ['package.json', ...BUILD_FILES, ...names.sort().map((name) => join('src', name))];
    for (const file of files.filter((name) => existsSync(join(dir, name))))
      hash.update(join(dir, file).slice(ROOT.length)).update(readFileSync(join(dir, file)));
  }
  return hash.digest('hex');
}

async function step(title, { command, args }, advice) {
  const start = performance.now();
  console.log(`setup: ${title} ...`);
  const { status, output } = await capture(args, command === undefined ? {} : { command });
  if (status !== 0) {
    process.stderr.write(output);
    fail(`setup: could not ${title}.`, ...advice);
  }
  console.log(`setup: ${title} done in ${elapsed(start)}`);
}

function fail(...lines) {
  console.error(`\n${lines.join('\n')}`);
  process.exit(1);
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
