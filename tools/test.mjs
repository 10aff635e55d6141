// `npm test`: lint, types, project references and every spec. With arguments (`npm test -- hrtimer -t "expiry"`)
// only Jest runs, and takes them.
import { ensureBrowser } from './browser.mjs';
import { binOf, capture, elapsed, show } from './steps.mjs';

const jestArgs = process.argv.slice(2);
const results = [];

if (jestArgs.length === 0) {
  // Two at a time: each is one thread.
  await Promise.all([
    check('lint', [binOf('eslint'), '.']),
    check('types', [binOf('typescript', 'tsc'), '--build']).then(() =>
      check('references', [binOf('nx'), 'sync:check'], 'Run: npx nx sync'),
    ),
  ]);
}
await jest();
summary();

/** Runs one check, and shows what it printed only if it fails. */
async function check(name, args, advice = '') {
  const start = performance.now();
  const { status, output } = await capture(args);
  if (status !== 0) console.error(`\n${name} failed:\n${output.trimEnd()}\n${advice}`);
  results.push({ name, status, time: elapsed(start) });
}

async function jest() {
  const start = performance.now();
  const options = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
  const chromium = ensureBrowser();
  // on a computer without a browser the rest is worth knowing all the same; CI has one
  const skip = chromium === null ? ['--testPathIgnorePatterns', '/test/browser/'] : [];
  const environment = { NODE_OPTIONS: options, ...(chromium !== null && { CHROMIUM: chromium }) };
  const status = await show([binOf('jest'), '--config', 'tools/jest.all.mjs', ...skip, ...jestArgs], environment);
  results.push({ name: 'specs', status, time: elapsed(start) });
  if (chromium !== null) return;
  console.error('\nThe browser tests did not run: no Chromium was found, and none could be installed.');
  console.error('Install one (apt-get install chromium), or name one in the variable CHROMIUM.');
  results.push({ name: 'browser', status: process.env.CI ? 1 : 0, time: '', note: 'not run' });
}

function summary() {
  console.log('');
  for (const { name, status, time, note } of results) {
    console.log(`${name.padEnd(12)}${(note ?? (status === 0 ? 'ok' : 'FAILED')).padEnd(8)}${time.padStart(8)}`);
  }
  process.exitCode = results.every(({ status }) => status === 0) ? 0 : 1;
}
