// What the set-up and test scripts share: running a command as one line of progress.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Nx as a plain command: no daemon, no cloud, no full-screen view, plugins loaded in its own process. */
const ENV = {
  ...process.env,
  NX_DAEMON: 'false',
  NX_NO_CLOUD: 'true',
  NX_TUI: 'false',
  NX_ISOLATE_PLUGINS: 'false',
};

/** The JavaScript file behind a command of an installed package, to be run with this Node. */
export function binOf(pkg, command = pkg) {
  const require = createRequire(join(ROOT, 'package.json'));
  const manifest = require.resolve(`${pkg}/package.json`);
  const { bin } = require(manifest);
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[command]);
}

/** Seconds since `startMs`, for people. */
export function elapsed(startMs) {
  return `${((performance.now() - startMs) / 1000).toFixed(1)} s`;
}

/** Runs Node with `args`, showing its output as it comes. Resolves to the exit status. */
export function show(args, env = {}) {
  return run(args, { stdio: 'inherit', env: { ...ENV, ...env } }).then(({ status }) => status);
}

/** Runs a command quietly. Resolves to its exit status and everything it printed. */
export function capture(args, { command = process.execPath, env = {} } = {}) {
  return run(args, { command, stdio: ['ignore', 'pipe', 'pipe'], env: { ...ENV, ...env } });
}

function run(args, { command = process.execPath, ...options }) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(command, args, { cwd: ROOT, ...options });
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ status: 127, output: `${output}${error.message}\n` }));
    child.on('close', (status, signal) => resolve({ status: signal === null ? status : 1, output }));
  });
}
