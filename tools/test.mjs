// `npm test`: lint, types, project references and every spec. With arguments (`npm test -- hrtimer -t "fires late"`)
// only Jest runs, and takes them.
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
  const status = await show([binOf('jest'), '--config', 'tools/jest.all.mjs', ...jestArgs], { NODE_OPTIONS: options });
  results.push({ name: 'specs', status, time: elapsed(start) });
}

function summary() {
  console.log('');
  for (const { name, status, time } of results) {
    console.log(`${name.padEnd(12)}${(status === 0 ? 'ok' : 'FAILED').padEnd(8)}${time.padStart(8)}`);
  }
  process.exitCode = results.every(({ status }) => status === 0) ? 0 : 1;
}
