// What the specs take from @jest/globals, on mocha: Stryker's runner for mocha loads all specs once and then runs only
// those that reach a mutant, where its runner for Jest would load every module again for each mutant.
import vm from 'node:vm';
import { expect } from 'expect';
import { bind } from 'jest-each';

/** CPU time after which a test hangs; the slowest takes a tenth of it. */
const LIMIT_MS = 1500;

const { describe, it, afterEach, beforeEach } = globalThis;
const endless = new vm.Script('globalThis.__test()');
const test = (title, fn) => {
  const declared = it(title, () => run(fn));
  // of no file: then Stryker knows a test by its title from one run to the next, wherever the sandbox is
  declared.file = undefined;
};
describe.each = bind(describe, false);
test.each = bind(test, true);

export { afterEach, beforeEach, describe, expect, test, test as it };

/** A mutant that runs for ever fails here; otherwise it would cost a new process and the loading of all specs. */
function run(fn) {
  const { user, system } = process.cpuUsage();
  // on a busy machine, CPU time comes late
  const delay = Math.max(1, (1000 * process.uptime() * 1000) / (user + system));
  globalThis.__test = fn;
  return endless.runInThisContext({ timeout: Math.ceil(Math.min(LIMIT_MS * delay, 60_000)) });
}
