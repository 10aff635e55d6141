// What strangers do with the packages: each project wants what it names, and runs in a directory of its own.
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, binOf } from '../steps.mjs';
import { install, closure } from './install.mjs';
import { npm, readJson, run } from './pack.mjs';

const HERE = import.meta.dirname;
const VERSIONS = readJson(join(ROOT, 'package.json')).devDependencies;
const RXJS = readJson(join(ROOT, 'node_modules/rxjs/package.json')).version;

/** By directory in `strangers/`: what is installed, and what must not have come along. */
const PROJECTS = {
  scheduler: {
    wants: ['@kernel-model/scheduler', '@kernel-model/sim', '@kernel-model/trace'],
    others: { rxjs: RXJS },
    use: compileAndRun,
  },
  race: { wants: ['@kernel-model/explore'], use: checkAndRun },
  workqueue: {
    wants: ['@kernel-model/workqueue', '@kernel-model/machine', '@kernel-model/daemons', '@kernel-model/trace'],
    use: compileAndRun,
  },
  testkit: {
    wants: ['@kernel-model/testkit'],
    others: { jest: VERSIONS.jest, '@jest/globals': VERSIONS['@jest/globals'] },
    use: compileAndTest,
  },
  command: { wants: ['@kernel-model/cli'], use: useCommand },
};

/** What most projects have: strict, Node's types, no time spent on the declarations of libraries. */
const TSCONFIG = {
  target: 'es2022',
  strict: true,
  skipLibCheck: true,
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules/@types')],
  outDir: 'out',
  rootDir: '.',
  allowJs: true,
};

export const names = Object.keys(PROJECTS);

/** Makes and runs one project. @returns what was installed, for people @throws if anything is not as it should be */
export async function beStranger(packed, name, dir) {
  const { wants, others, use } = PROJECTS[name];
  await install(packed, dir, wants, others);
  cpSync(join(HERE, 'strangers', name), dir, { recursive: true });
  await use(dir);
  return `${closure(packed, wants).length} of ${packed.length} packages`;
}

/** Type-checks as Node resolves, and writes JavaScript into `out`. */
export async function compile(dir, include, options = {}) {
  const compilerOptions = { ...TSCONFIG, module: 'nodenext', moduleResolution: 'nodenext', ...options };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }, null, 2));
  await node(dir, [binOf('typescript', 'tsc'), '-p', '.']);
}

async function compileAndRun(dir) {
  await compile(dir, ['main.ts']);
  says(await node(dir, ['out/main.js']), /^ok\n$/);
}

async function checkAndRun(dir) {
  await compile(dir, ['main.js'], { checkJs: true });
  says(await node(dir, ['main.js']), /^ok\n$/);
}

/** The test as TypeScript makes JavaScript of it: a project in plain JavaScript would have written that. */
async function compileAndTest(dir) {
  await compile(dir, ['daemon.test.ts']);
  writeFileSync(join(dir, 'jest.config.js'), "export default { testMatch: ['**/out/*.test.js'], transform: {} };\n");
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  await node(dir, [...flags, 'node_modules/jest/bin/jest.js', '--ci']);
}

async function useCommand(dir) {
  says(await npm(['exec', '--no', '--', 'kmodel', '--version'], dir), /^\d+\.\d+\.\d+/);
  const kmodel = (...args) => node(dir, ['node_modules/@kernel-model/cli/bin/kmodel.js', ...args]);
  says(await kmodel('run', 'lost-wakeup.yaml', '--trace', 'run.trace'), /lost-wakeup/);
  says(readFileSync(join(dir, 'run.trace'), 'utf8'), /^# tracer: nop\n[^]*sched_switch: prev_comm=sleeper/);
  says(await kmodel('shell', '-c', 'ps -e'), /kthreadd/);
  const hang = /hang: .*\n[^]*npx kmodel replay lost-wakeup\.yaml --schedule \S+/;
  says(await failure(kmodel('explore', 'lost-wakeup.yaml')), hang);
  const before = readdirSync(dir).length;
  says(await failure(kmodel('run', 'nothing.yaml')), /nothing\.yaml/);
  if (readdirSync(dir).length !== before) throw new Error('a run of a file that is not there left something');
}

/** Runs this Node. @returns what it printed */
export function node(dir, args) {
  return run(process.execPath, args, dir);
}

function says(text, pattern) {
  if (!pattern.test(text)) throw new Error(`expected ${pattern}, got:\n${text}`);
}

/** What a command says that has to fail. */
async function failure(running) {
  const error = await running.then(
    () => null,
    (reason) => reason,
  );
  if (error === null) throw new Error('a command that had to fail did not');
  return error.message;
}
