import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { DAEMON_SCENARIO, FIRST_DAEMON } from '../../src/sandbox/example.ts';
import { toHash } from '../../src/state/share.ts';
import { Site, choose, complete, ran } from './browser.ts';

jest.setTimeout(180_000);

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => {
  await site.end();
});

const hashOf = (daemon: string, scenario = DAEMON_SCENARIO): string =>
  toHash({
    scenario,
    daemon,
    options: {},
    cursor: 0,
    view: { from: 0, to: 1e8 },
    span: -1,
    tab: 'shell',
  });

/** A daemon whose init is this code; `d.log()` writes to the kernel's log. */
const withInit = (code: string): string => `
import { defineDaemon } from '@kernel-model/daemons';
export const daemon = defineDaemon({
  name: 'stranger',
  *init(d) {
    const world = globalThis as any;
    ${code}
    return 0;
  },
});
`;

async function dmesg(page: Page): Promise<string> {
  await page.fill('.shell-line input', 'dmesg');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.shell-past pre');
  return (await page.textContent('.shell-past pre'))!;
}

test('a daemon in TypeScript is compiled and runs', async () => {
  const page = await site.open(hashOf(FIRST_DAEMON));
  await ran(page, 'daemon');
  await page.focus('.timeline-box');
  for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
  expect(await page.textContent('.why')).toMatch(/blinker/);
  await page.context().close();
});

test('the editor shows where the types of a daemon are wrong', async () => {
  const page = await site.open(hashOf(FIRST_DAEMON.replace('k.busy(2000)', "k.busy('long')")));
  await page.waitForSelector('.cm-lintRange-error:has-text("long")', { timeout: 45_000 });
  await page.context().close();
});

test('the editor offers what the packages export, with its types', async () => {
  const page = await site.open(hashOf(FIRST_DAEMON));
  await page.click('.cm-line:has-text("k.busy(2000)")');
  await page.keyboard.press('End');
  await complete(page, '\nyield* k.msleepI', 'msleepInterruptible');
  await page.waitForSelector('.cm-line:has-text("yield* k.msleepInterruptible")');
  await page.context().close();
});

test('a daemon that is no TypeScript is refused with its line', async () => {
  const page = await site.open(hashOf('const a = 1;\nconst = 2;\n'));
  await page.waitForSelector('.problems:has-text("line 2")');
  await page.context().close();
});

test('a daemon reaches neither the network nor the page', async () => {
  const code = `
    const attempt = (name: string, fn: () => unknown) => {
      try {
        d.log(name + ': ' + String(fn()));
      } catch (error) {
        d.log(name + ': ' + String((error as Error).name));
      }
    };
    attempt('document', () => typeof world.document);
    attempt('parent', () => typeof world.parent);
    attempt('fetch', () => void world.fetch('${site.url}leak-fetch').catch(() => {}));
    attempt('importScripts', () => world.importScripts('${site.url}leak-script'));
    attempt('xhr', () => {
      const request = new world.XMLHttpRequest();
      request.open('GET', '${site.url}leak-xhr', false);
      request.send();
      return 'sent';
    });
    attempt('socket', () => void new world.WebSocket('${site.url.replace('http', 'ws')}leak-socket'));
    attempt('beacon', () => world.navigator.sendBeacon?.('${site.url}leak-beacon'));
    attempt('storage', () => world.indexedDB.open('x') && 'opened');
    attempt('origin', () => world.location.origin ?? world.origin);
  `;
  const page = await site.open(hashOf(withInit(code)));
  await ran(page, 'daemon');
  const log = await dmesg(page);
  expect(log).toContain('document: undefined');
  expect(log).toContain('parent: undefined');
  expect(log).toMatch(/importScripts: NetworkError/);
  expect(log).toMatch(/xhr: NetworkError/);
  expect(log).toMatch(/storage: SecurityError/);
  expect(log).toMatch(/origin: null/);
  await page.waitForTimeout(300);
  expect(site.requested.filter((path) => path.includes('leak'))).toEqual([]);
  await page.context().close();
});

test('the interleavings of a daemon are searched, from its start to its stop', async () => {
  const careless = FIRST_DAEMON.replace(
    /while[^]*?return 0;/,
    `while (!(yield* k.kthreadShouldStop())) {
    yield* k.setCurrentState(TASK_UNINTERRUPTIBLE); // too late: the stop may have come and gone
    yield* k.schedule();
  }`,
  ).replace('msecsToJiffies }', 'TASK_UNINTERRUPTIBLE }');
  const page = await site.open(hashOf(careless, 'main: [{ print: 1 }]\n'));
  await page.click('#tab-explore');
  await page.click('.explore-start');
  await page.waitForSelector('.explore-failure:has-text("waits for blinker to exit")');
  await page.waitForSelector('.conflicts:has-text("blinker.state")');
  await page.context().close();
});

test.each([
  ['loops without end', 'for (;;) {}'],
  ['eats memory', 'const all: unknown[] = []; for (;;) all.push(new Array(100_000).fill(all.length));'],
])('a daemon that %s is stopped, and the page goes on', async (_what, code) => {
  const page = await site.open(hashOf(withInit(code)));
  await page.waitForSelector('.problems:has-text("The page is unharmed"), .problems:has-text("the page is unharmed")', {
    timeout: 45_000,
  });
  await choose(page, 'stop-and-return');
  expect(await page.locator('iframe').count()).toBe(0);
  await page.context().close();
});

test('nothing but refused connections was written to the console', () => {
  expect(
    site.errors.filter((error) => !/Content Security Policy|Refused to|violates the following/.test(error)),
  ).toEqual([]);
});
