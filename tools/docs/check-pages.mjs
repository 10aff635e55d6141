// What a reader meets, in a real browser: pages pass the accessibility audit, and the search leads to API and concepts.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { findBrowser } from '../browser.mjs';
import { serve } from '../serve.mjs';

/** One page of each kind. */
const PAGES = [
  'index.html',
  'documents/Lazy_TLB.html',
  'documents/Contributing.html',
  'modules/_kernel-model_scheduler.html',
  'classes/_kernel-model_machine.Machine.html',
  'functions/_kernel-model_machine.boot.html',
];

/** What somebody types, and where one of the first results has to lead. */
const SEARCHES = [
  ['wakeUpProcess', /functions\/_kernel-model_scheduler\.wakeUpProcess\.html/],
  ['lazy tlb', /documents\/Lazy_TLB\.html/],
];

const PHONE = { width: 390, height: 800 };

/**
 * @param {string} docs folder of the built documentation
 * @returns {Promise<string[] | null>} what is wrong; null if there is no browser to look with
 */
export async function checkPages(docs) {
  const executablePath = findBrowser();
  if (executablePath === null) return null;
  const site = await serve(docs);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const wrong = [];
  try {
    for (const colorScheme of ['light', 'dark']) {
      const page = await browser.newPage({ colorScheme });
      page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error}`));
      for (const name of PAGES) {
        const response = await page.goto(site.url + name);
        if (response.status() !== 200) wrong.push(`${name}: there is no such page`);
        else wrong.push(...(await violations(page)).map((violation) => `${name}, ${colorScheme}: ${violation}`));
      }
      await page.close();
    }
    const page = await browser.newPage();
    for (const [text, target] of SEARCHES) wrong.push(...(await search(page, site.url, text, target)));
    await page.setViewportSize(PHONE);
    for (const name of PAGES) {
      await page.goto(site.url + name);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > PHONE.width) wrong.push(`${name}: ${width} px wide on a phone`);
    }
  } finally {
    await browser.close();
    site.close();
  }
  return wrong;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violations(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    // off by default
    const { violations: all } = await globalThis.axe.run({ rules: { 'target-size': { enabled: true } } });
    // TypeDoc's menu has links in what opens and closes; both can be had from the keyboard
    const inMenu = ({ target }) => document.querySelector(target[0])?.closest('.tsd-navigation') instanceof Element;
    const found = all.filter(({ id, nodes }) => id !== 'nested-interactive' || !nodes.every(inMenu));
    return found.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)} ${nodes[0].failureSummary}`);
  });
}

/** Type into the search field, and look where the results lead. */
async function search(page, url, text, target) {
  await page.goto(`${url}index.html`);
  await page.click('#tsd-search-trigger');
  await page.fill('#tsd-search-input', text);
  try {
    await page.waitForSelector('#tsd-search-results a');
    const links = await page.locator('#tsd-search-results a').evaluateAll((all) => all.slice(0, 8).map((a) => a.href));
    return links.some((link) => target.test(link)) ? [] : [`the search for "${text}" leads to ${links.join(', ')}`];
  } catch {
    return [`the search for "${text}" finds nothing`];
  }
}
