// Takes the screenshots of the README again (npm run screenshots), or of every view at three widths, light and dark
// (npm run screenshots -- --all DIR), and measures how long the timeline takes to draw (npm run frames).
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findBrowser } from '../../tools/browser.mjs';
import { serve } from '../../tools/serve.mjs';

const DIST = fileURLToPath(new URL('dist/', import.meta.url));
const TABS = ['queues', 'workers', 'memory', 'tasks', 'trace', 'shell', 'explore', 'compare'];

const server = await serve(DIST);
const { url } = server;
const browser = await chromium.launch({
  executablePath: findBrowser() ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});

const [what, dir] = process.argv.slice(2);
if (what === '--all') await everything(dir ?? 'screenshots');
else if (what === '--frames') await frames();
else await readme();
await browser.close();
server.close();

async function open(width, height, colorScheme, hash = '', locale = 'en-US') {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(url + hash);
  return page;
}

async function readme() {
  const docs = fileURLToPath(new URL('docs/', import.meta.url));
  mkdirSync(docs, { recursive: true });
  for (const scheme of ['light', 'dark']) {
    const page = await open(1280, 800, scheme);
    await page.waitForSelector('.cm-editor');
    await toTheMiddle(page);
    await select(page, 4);
    await page.screenshot({ path: `${docs}playground-${scheme}.png` });
    await page.context().close();
  }
}

/** To where both threads of the first example compete. */
async function toTheMiddle(page) {
  await page.waitForSelector('.scrub:enabled');
  const events = Number(await page.getAttribute('.scrub', 'max'));
  await page.locator('.scrub').fill(String(Math.floor(events * 0.6)));
}

/** Select a span in the n-th row. */
async function select(page, n) {
  await page.focus('.timeline-box');
  for (let i = 0; i < n; i++) await page.keyboard.press('ArrowDown');
  await page.waitForTimeout(400);
}

async function everything(to) {
  mkdirSync(to, { recursive: true });
  for (const language of ['en', 'zh']) {
    for (const scheme of ['light', 'dark']) {
      for (const width of [1440, 1024, 390]) await views(to, language, scheme, width);
    }
  }
}

/** Every view of the playground, the list of lessons and every lesson, at one width. */
async function views(to, language, scheme, width) {
  const page = await open(width, width === 390 ? 780 : 900, scheme, '', language === 'zh' ? 'zh-CN' : 'en-US');
  const shot = async (name) => {
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(to, `${name}-${width}-${scheme}-${language}.png`) });
  };
  const pane = async (n) => {
    if (width === 390) await page.click(`.pane-switch button:nth-child(${n})`);
  };
  await page.waitForFunction(() => document.querySelector('.verdict-text') !== null);
  await toTheMiddle(page);
  await select(page, 4);
  await shot('timeline');
  await pane(1);
  await page.waitForSelector('.cm-editor');
  await shot('code');
  await pane(3);
  for (const tab of TABS) {
    await page.click(`#tab-${tab}`);
    if (tab === 'shell') {
      await page.fill('.shell-line input', 'ps -ef | head -8');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.shell-past pre');
    }
    if (tab === 'tasks') await page.click('button.link:text("[kthreadd]")');
    await shot(tab);
  }
  await page.click('.tabpanel .primary');
  await page.waitForSelector('.sums');
  await pane(2);
  await shot('two-runs');
  await pane(1);
  await page.selectOption('.program select', 'lost-wakeup');
  await pane(3);
  await page.click('#tab-explore');
  await page.click('.explore-start');
  await page.waitForSelector('.explore-failure');
  await shot('explored');
  await page.goto(`${url}#/learn`);
  await page.waitForSelector('.lessons');
  await shot('lessons');
  const lessons = await page.locator('.lessons a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  for (const lesson of lessons) {
    await page.goto(url + lesson);
    await page.waitForSelector('.machine .timeline-box');
    await shot(`lesson-${lesson.split('/').at(-1)}`);
  }
  await page.context().close();
}

/** A busy machine, long enough for 100,000 events, zoomed and moved: how long does a picture take? */
async function frames() {
  const names = Array.from({ length: 12 }, (_, i) => `worker${i}`);
  const scenario = [
    'name: frames',
    'machine: { cpus: 4 }',
    'functions:',
    '  loop:',
    '    - repeat: 1270',
    '      do: [{ busy: 200 }, { usleep_range: 300 }]',
    'main:',
    ...names.flatMap((name) => [`  - kthread_create: [${name}, loop]`, `  - get_task_struct: ${name}`]),
    ...names.map((name) => `  - wake_up_process: ${name}`),
    ...names.map((name) => `  - kthread_stop: ${name}`),
    '',
  ].join('\n');
  const page = await open(1440, 900, 'light');
  await page.waitForSelector('.cm-content');
  await page.click('.cm-content');
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(scenario);
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.timeline-box[aria-label*="frames"]');
  const events = Number(/(\d+) events/.exec(await page.getAttribute('.timeline-box', 'aria-label'))[1]);
  const drawn = await page.evaluate(async () => {
    const times = (globalThis.kernelModelFrames ??= []);
    times.length = 0;
    const box = document.querySelector('.timeline-box');
    const { left, top, width } = box.getBoundingClientRect();
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    for (let i = 0; i < 240; i++) {
      const deltaY = i % 120 < 60 ? -60 : 60;
      const clientX = left + width * (0.4 + (0.4 * ((i * 7) % 10)) / 10);
      box.dispatchEvent(
        new WheelEvent('wheel', { deltaY, ctrlKey: true, clientX, clientY: top + 100, cancelable: true }),
      );
      await frame();
      await frame();
    }
    return [...times];
  });
  const sorted = drawn.sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(1);
  console.log(
    `${events} events, ${sorted.length} pictures: median ${at(0.5)} ms, 95 % ${at(0.95)} ms, slowest ${at(1)} ms`,
  );
}
