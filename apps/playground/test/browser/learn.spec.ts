import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { SOLUTIONS } from '../../src/learn/all-solutions.ts';
import { LESSONS } from '../../src/learn/lessons.ts';
import { edited, type Attempt } from '../../src/learn/solutions.ts';
import { Site, violations } from './browser.ts';

jest.setTimeout(60_000);

let site: Site;
let page: Page;
beforeAll(async () => {
  site = await Site.start();
  page = await site.open('/learn');
});
afterAll(async () => {
  await site.end();
});

/** Do what a reader does: change the machine, answer, check; and wait for what is said. */
async function attempt(lesson: string, question: string, what: Attempt): Promise<boolean> {
  const form = page.locator(`form[data-question="${question}"]`);
  if (what.edit !== undefined) {
    const source = readFileSync(new URL(`../../src/learn/lessons/${lesson}/machine.yaml`, import.meta.url), 'utf8');
    await page.locator('.machine-source .cm-content').fill(edited(source, what));
  }
  for (const [knob, value] of Object.entries(what.settings ?? {})) {
    await page.selectOption(`select[name="${knob}"]`, String(value));
  }
  if (what.answer !== undefined) {
    const choice = form.locator(`input[type=radio][value="${what.answer}"]`);
    if ((await choice.count()) > 0) await choice.check();
    else await form.locator('input[type=text]').fill(what.answer);
  }
  await page.waitForFunction(() => document.querySelector('.machine .primary:disabled') === null);
  const said = form.locator('.question-verdict');
  const before = await said.textContent();
  await form.locator('button[type=submit]').click();
  await page.waitForFunction(
    ([id, old]) => document.querySelector(`form[data-question="${id}"] .question-verdict`)?.textContent !== old,
    [question, before] as const,
  );
  return (await said.getAttribute('data-right')) === 'true';
}

test('the list leads to every lesson', async () => {
  await page.waitForSelector('.lessons');
  const links = await page.locator('.lessons a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  expect(links).toEqual(LESSONS.map(({ id }) => `#/learn/${id}`));
});

describe.each(LESSONS.map((lesson) => [lesson.id, lesson] as const))('lesson %s', (id, lesson) => {
  test('runs its machine, explains a wrong answer and takes the right one', async () => {
    await page.goto(`${site.url}#/learn/${id}`);
    await page.waitForSelector(`h1:text-is(${JSON.stringify(lesson.title.en)})`);
    await page.waitForSelector('.machine .timeline-box');
    for (const { id: question } of lesson.questions) {
      const { right, wrong } = SOLUTIONS[id]![question]!;
      expect([question, await attempt(id, question, wrong)]).toEqual([question, false]);
      expect([question, await attempt(id, question, right)]).toEqual([question, true]);
      if (right.edit === undefined && right.settings === undefined) continue;
      await page.click('.machine .quiet');
      await page.waitForFunction(() => document.querySelector('.machine .primary:disabled') === null);
    }
    expect(await page.locator('.question[data-done="true"]').count()).toBe(lesson.questions.length);
    expect(await violations(page)).toEqual([]);
  });
});

test('what was answered is remembered, and the lessons speak Chinese', async () => {
  await page.goto(`${site.url}#/learn`);
  await page.reload();
  await page.waitForSelector('.lessons');
  const all = LESSONS.reduce((sum, { questions }) => sum + questions.length, 0);
  expect(await page.locator('.dots i[data-full="true"]').count()).toBe(all);
  await page.click('.header button[lang="zh-Hans"]');
  await page.waitForSelector(`.lessons a:text-is(${JSON.stringify(LESSONS[0]!.title.zh)})`);
  await page.goto(`${site.url}#/learn/eevdf`);
  await page.waitForSelector('.lesson-text h2:text-is("思路")');
});

test('every lesson passes the accessibility audit in the dark and in Chinese, too', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  if ((await page.getAttribute('html', 'lang')) === 'en') await page.click('.header button[lang="zh-Hans"]');
  const found: string[] = [];
  for (const id of ['', ...LESSONS.map((lesson) => `/${lesson.id}`)]) {
    await page.goto(`${site.url}#/learn${id}`);
    await page.waitForSelector(id === '' ? '.lessons' : '.machine .timeline-box');
    found.push(...(await violations(page)).map((violation) => `${id}: ${violation}`));
  }
  expect(await page.getAttribute('html', 'data-theme')).toBe('dark');
  expect(await page.getAttribute('html', 'lang')).toBe('zh-Hans');
  expect(found).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
});

test('a scenario with a mistake is refused with its line', async () => {
  await page.goto(`${site.url}#/learn/kthreadd`);
  await page.waitForSelector('.machine-source .cm-content');
  await page.locator('.machine-source .cm-content').fill('main:\n  - kthread_crate: [made, f]\n');
  await page.click('.machine .primary');
  expect(await page.textContent('.machine .problems')).toContain('2');
});

test('the narrow page scrolls in one direction only', async () => {
  const phone = await site.open('/learn/preemption', { viewport: { width: 390, height: 800 } });
  await phone.waitForSelector('.machine .timeline-box');
  const wide = await phone.evaluate(() => document.querySelector('main')!.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
  await phone.context().close();
});

test('no page of the lessons wrote an error to its console', () => {
  expect(site.errors).toEqual([]);
});
