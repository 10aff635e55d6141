// What the specs take from @jest/globals, on mocha: Stryker's runner for mocha loads all specs once and then runs only
// those that reach a mutant, where its runner for Jest would load every module again for each mutant.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import vm from 'node:vm';
import { expect } from 'expect';
import { bind } from 'jest-each';

/** CPU time after which a test hangs, unless it took a good part of that before anything was mutated. */
const LIMIT_MS = 1500;
const SLACK = 5;
/** CPU time that slow tests take unmutated, by title; in the sandbox, for processes that are started later. */
const SLOW = 'slow-tests.json';

const { describe, it, afterEach, beforeEach } = globalThis;
const endless = new vm.Script('globalThis.__test()');
let slow = null;
const test = (title, fn) => {
  const declared = it(title, function () {
    run(fn, this.test.fullTitle());
  });
  // of no file: then Stryker knows a test by its title from one run to the next, wherever the sandbox is
  declared.file = undefined;
};
describe.each = bind(describe, false);
test.each = bind(test, true);

export { afterEach, beforeEach, describe, expect, test, test as it };

function run(fn, title) {
  if (globalThis.__stryker__?.activeMutant === undefined) runUnmutated(fn, title);
  else runMutated(fn, limitOf(title));
}

function runUnmutated(fn, title) {
  const start = cpuMs();
  fn();
  const took = cpuMs() - start;
  if (took * SLACK > LIMIT_MS) writeFileSync(SLOW, JSON.stringify({ ...readSlow(), [title]: took }));
}

/**
 * A mutant that runs for ever fails here; otherwise it would cost a new process and the loading of all specs. A script is
 * stopped by the clock, and on a busy machine CPU time comes late: who was stopped before the time was used begins again.
 */
function runMutated(fn, limitMs) {
  globalThis.__test = fn;
  for (let timeout = 2 * limitMs; ; timeout *= 2) {
    const start = cpuMs();
    try {
      return endless.runInThisContext({ timeout: Math.ceil(timeout) });
    } catch (error) {
      if (error?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT' || cpuMs() - start >= limitMs) throw error;
    }
  }
}

function limitOf(title) {
  slow ??= readSlow();
  return Math.max(LIMIT_MS, SLACK * (slow[title] ?? 0));
}

function readSlow() {
  return existsSync(SLOW) ? JSON.parse(readFileSync(SLOW, 'utf8')) : {};
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
