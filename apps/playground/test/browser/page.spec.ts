import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { DEFAULT_EVENTS, runScenario } from '@kernel-model/runner';
import { parseScenario } from '@kernel-model/scenario';
import { toHash } from '../../src/state/share.ts';
import { Site, choose, complete, downloaded, position, ran, violations } from './browser.ts';

jest.setTimeout(180_000);

const example = (name: string): string =>
  readFileSync(new URL(`../../../../examples/${name}.yaml`, import.meta.url), 'utf8');

let site: Site;
beforeAll(async () => {
  site = await Site.start();
});
afterAll(async () => {
  await site.end();
});

describe('the playground', () => {
  let page: Page;
  beforeAll(async () => {
    page = await site.open();
    await ran(page, 'nice-share');
  });

  test.each(['stop-and-return', 'lazy-tlb', 'stop-after-exit', 'missed-flag', 'wait-event'])(
    'writes the trace of %s that the command line writes, to the byte',
    async (name) => {
      await choose(page, name);
      await page.click('summary:text("Share")');
      const trace = await downloaded(page, () => page.click('button:text("tracefs")'));
      const here = runScenario(parseScenario(example(name), `${name}.yaml`), { events: DEFAULT_EVENTS });
      expect(trace.toString()).toBe(here.trace);
    },
  );

  test('shows who runs where, and why a task waited', async () => {
    await choose(page, 'nice-share');
    await page.focus('.timeline-box');
    // two CPUs, then km_main, hog
    for (let i = 0; i < 4; i++) await page.keyboard.press('ArrowDown');
    // past its creation, to where it was preempted
    const preempted = /hog \(\d+\) is waiting for a CPU for 4 ms on CPU 1\. Its CPU ran meanwhile: nicer 4 ms\./;
    for (let i = 0; i < 20; i++) {
      if (preempted.test((await page.textContent('.why'))!)) break;
      await page.keyboard.press(']');
    }
    expect(await page.textContent('.why')).toMatch(preempted);
    await expect(page.textContent('.timeline [aria-live="polite"]')).resolves.toContain('hog');
  });

  test('steps by event, tick, wakeup and switch, and back', async () => {
    await choose(page, 'nice-share');
    await page.click('[aria-label="Event forward"]');
    await page.click('[aria-label="Event forward"]');
    expect(await position(page)).toBe(3);
    await page.click('[aria-label="Event back"]');
    expect(await position(page)).toBe(2);
    await page.click('[aria-label="Tick forward"]');
    expect(Number.parseFloat((await page.textContent('.position'))!)).toBeGreaterThanOrEqual(3.9);
    const before = await position(page);
    await page.click('[aria-label^="Next switch of CPU"]');
    expect(await position(page)).toBeGreaterThan(before);
    await page.click('#tab-trace');
    await page.waitForSelector('.trace-lines [aria-current]:has-text("sched_switch")');
  });

  test('shows the state after the event under the cursor: lag, weight, stacks, /proc', async () => {
    await choose(page, 'nice-share');
    await page.click('#tab-queues');
    // to the middle, where both compete
    const events = Number(await page.getAttribute('.scrub', 'max'));
    await page.locator('.scrub').fill(String(Math.floor(events * 0.6)));
    await page.waitForSelector('table:has-text("CPU 1"):has-text("hog"):has-text("335")');
    await page.click('#tab-tasks');
    await page.click('button.link:text("[kthreadd]")');
    await page.waitForSelector('.task-detail pre:has-text("kthreadd+0x")');
    await page.click('.chips button:text("status")');
    await page.waitForSelector('.task-detail pre:has-text("State:\tS (sleeping)")');
    await page.click('#tab-memory');
    await page.waitForSelector('.tabpanel:has-text("lazy")');
    await page.click('#tab-workers');
    await page.waitForSelector('.tabpanel:has-text("kworker/0:0")');
  });

  test('has a shell on a machine that stands at the cursor', async () => {
    await choose(page, 'nice-share');
    await page.click('#tab-shell');
    const type = async (line: string, answer: string): Promise<void> => {
      await page.fill('.shell-line input', line);
      await page.keyboard.press('Enter');
      await page.waitForSelector(`.shell-past pre:has-text("${answer}")`);
    };
    await type('cat /proc/2/comm', 'kthreadd');
    await type('run 500ms; ps -eo comm | sort | tail -3', 'sh');
  });

  test('finds text in the trace', async () => {
    await choose(page, 'stop-and-return');
    await page.fill('.search input', 'kthread_stop_ret');
    await page.waitForFunction(() => document.querySelector('.hits')?.textContent === '1 of 1');
    await page.click('#tab-trace');
    await page.waitForSelector('.trace-lines [aria-current]:has-text("sched_kthread_stop_ret")');
  });

  test('runs again beside the first run with another nice value', async () => {
    await choose(page, 'nice-share');
    await page.click('#tab-compare');
    await page.selectOption('[aria-label="task"]', 'hog');
    await page.fill('.form input[type="number"]', '19');
    await page.click('button:text("Run beside it")');
    await page.waitForSelector('.timeline-caption:has-text("nice hog 19")');
    const cells = await page.locator('.sums tr:has(th:text-is("hog")) td').allTextContents();
    const ms = cells.map((text) => Number.parseFloat(text));
    // the same work; it waits longer when it is nicer
    expect(ms[3]!).toBeGreaterThan(ms[2]! * 1.5);
    await page.click('button:text("Close the second run")');
    await page.waitForSelector('.timeline-caption', { state: 'detached' });
  });

  test('finds the lost wakeup, and shows where in the source', async () => {
    await choose(page, 'lost-wakeup');
    await page.click('#tab-explore');
    await page.click('.explore-start');
    await page.waitForSelector('.explore-failure:has-text("waits for a wakeup")');
    await page.waitForSelector('.conflicts button:has-text("line")');
    await page.click('.conflicts button:has-text("line 20")');
    await page.waitForSelector('.cm-pointed:has-text("wake_up_process: sleeper")');
    await choose(page, 'no-lost-wakeup');
    await page.click('.explore-start');
    await page.waitForSelector('.explore-clean:has-text("Every interleaving was covered")');
  });

  test('says what is wrong with a scenario, and where', async () => {
    await choose(page, 'stop-and-return');
    await page.waitForSelector('.cm-content');
    const shared = { daemon: '', options: {}, cursor: 0, view: { from: 0, to: 1 }, span: -1, tab: 'queues' };
    await page.evaluate(
      (hash) => void (location.hash = hash),
      toHash({ ...shared, scenario: 'main:\n  - msleeep: 10\n' }),
    );
    await page.waitForSelector('.problems:has-text("line 2")');
    await page.waitForSelector('.problems:has-text("msleep")');
    await page.waitForSelector('.cm-lintRange-error');
  });

  test('offers the calls of a scenario while one types, and the names that it declares', async () => {
    await choose(page, 'stop-and-return');
    await page.click('.cm-content');
    await page.keyboard.press('Control+End');
    await complete(page, '\n  - kthread_unp', 'kthread_unpark');
    await complete(page, 'd', 'daemon');
    await page.waitForSelector('.cm-line:has-text("- kthread_unpark: daemon")');
  });

  test('lets the keyboard out of the editor, and says how', async () => {
    await choose(page, 'stop-and-return');
    await page.waitForSelector('.cm-content[aria-description*="Escape and then Tab"]');
    await page.focus('.cm-content');
    const text = await page.textContent('.cm-content');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('.cm-editor'))).toBeNull();
    expect(await page.textContent('.cm-content')).toBe(text);
  });

  test('leads back to the same instant from a copied link', async () => {
    await choose(page, 'nice-share');
    await page.locator('.scrub').fill('54');
    await page.click('#tab-memory');
    await page.click('summary:text("Share")');
    await page.click('button:text("Copy link")');
    await page.waitForSelector('summary:text("Link copied")');
    const link = await page.evaluate(() => navigator.clipboard.readText());
    const other = await site.open(link.split('#')[1]);
    await ran(other, 'nice-share');
    expect(await position(other)).toBe(55);
    await other.waitForSelector('#tab-memory[aria-selected="true"]');
    expect(await other.textContent('.position')).toBe(await page.textContent('.position'));
    await other.context().close();
  });

  test('hands out a file for ui.perfetto.dev and a picture', async () => {
    await choose(page, 'nice-share');
    await page.click('summary:text("Share")');
    const file = await downloaded(page, () => page.click('button:text("perfetto")'));
    const { traceEvents } = JSON.parse(file.toString()) as { traceEvents: { name: string }[] };
    expect(traceEvents.some(({ name }) => name === 'hog')).toBe(true);
    await page.click('summary:text("Share")');
    const png = await downloaded(page, () => page.click('button:text("Picture")'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
  });

  test('speaks Chinese', async () => {
    await page.click('[aria-label*="switch to Chinese"]');
    await page.waitForSelector('button.run:text("运行")');
    expect(await page.getAttribute('html', 'lang')).toBe('zh-Hans');
    await page.click('.header-end button:first-child');
    await page.waitForSelector('button.run:text("Run")');
  });
});

/** How much longer other programs make everything take now: 1 if there are none. */
function slowedDown(): number {
  const began = performance.now();
  const before = process.cpuUsage();
  let spentMs = 0;
  while (spentMs < 200) {
    const { user, system } = process.cpuUsage(before);
    spentMs = (user + system) / 1000;
  }
  return Math.max(1, (performance.now() - began) / spentMs);
}

describe('the page', () => {
  test('loads less than 300 kB before the editor', async () => {
    const from = site.requested.length;
    const page = await site.open();
    await ran(page, 'nice-share');
    await page.waitForSelector('.cm-editor');
    const names = new Set(site.requested.slice(from).map((path) => path.replace(/^.*\/site\//, '')));
    // what the service worker keeps for later comes afterwards, the workers of the lessons among it
    const engine = [...names].find((name) => /assets\/worker/.test(name))!;
    const first = [engine, ...[...names].filter((name) => /assets\/(index|rolldown)/.test(name))];
    const bytes = first.map((name) => gzipSync(readFileSync(new URL(`../../dist/${name}`, import.meta.url))).length);
    expect(first.length).toBeGreaterThanOrEqual(3);
    expect(bytes.reduce((sum, n) => sum + n, 0)).toBeLessThan(300_000);
    await page.context().close();
  });

  test('shows its first run within 2 s', async () => {
    let best = Infinity;
    for (let visit = 0; visit < 4 && best > 2000; visit++) {
      const page = await site.open();
      await page.waitForFunction(() => document.querySelector('.timeline-box[aria-label*="nice-share"]'));
      best = Math.min(best, (await page.evaluate(() => performance.now())) / slowedDown());
      await page.context().close();
    }
    expect(best).toBeLessThan(2000);
  });

  test('works without a network once it was loaded', async () => {
    const own = await Site.start();
    const page = await own.open();
    await ran(page, 'nice-share');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await page.reload();
    await ran(page, 'nice-share');
    own.cut();
    await page.reload();
    await ran(page, 'nice-share');
    await page.waitForSelector('.cm-editor');
    await choose(page, 'lazy-tlb');
    await own.end();
    expect(own.errors).toEqual([]);
  });

  test.each(['light', 'dark'] as const)(
    'passes the accessibility audit, %s, on a desk and on a phone',
    async (scheme) => {
      for (const width of [1280, 390]) {
        const page = await site.open('', { colorScheme: scheme, viewport: { width, height: 800 } });
        await ran(page, 'nice-share');
        if (width === 390) {
          // nothing is wider than the screen
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
          await page.click('.pane-switch button:text("State")');
        }
        for (const tab of ['queues', 'tasks', 'trace', 'shell', 'explore', 'compare']) {
          await page.click(`#tab-${tab}`);
          const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
          expect(ground).toBe(scheme === 'dark' ? 'rgb(14, 19, 24)' : 'rgb(243, 245, 247)');
          expect(await violations(page)).toEqual([]);
        }
        await page.context().close();
      }
    },
  );

  test('writes no error to the console in all of that', () => {
    expect(site.errors).toEqual([]);
  });
});
