import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { serve, type Served } from './serve.ts';

/** The built site in a real browser. */
export class Site {
  readonly #browser: Browser;
  readonly #served: Served;
  /** What pages wrote to their console as errors, and exceptions that nobody caught. */
  readonly errors: string[] = [];

  private constructor(browser: Browser, served: Served) {
    this.#browser = browser;
    this.#served = served;
  }

  /** Start a browser and serve the site. @throws Error if there is no browser */
  static async start(): Promise<Site> {
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    return new Site(browser, await serve());
  }

  /** Address of the site; ends with a slash. */
  get url(): string {
    return this.#served.url;
  }

  /** Paths that were asked for. */
  get requested(): readonly string[] {
    return this.#served.requested;
  }

  /** No more answers from now on: as if the network had gone. */
  cut(): void {
    this.#served.close();
  }

  /** Open a page of its own. @param hash what stands behind the `#` of the address */
  async open(hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-US',
      acceptDownloads: true,
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(45_000);
    page.on('pageerror', (error) => void this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    await page.goto(this.url + (hash === '' ? '' : `#${hash}`));
    return page;
  }

  async end(): Promise<void> {
    await this.#browser.close();
    this.#served.close();
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What the accessibility audit has against a page as it is now: rule, element, why. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  return page.evaluate(async () => {
    interface Audit {
      readonly violations: readonly {
        id: string;
        nodes: { html: string; target: string[]; failureSummary: string }[];
      }[];
    }
    const { axe } = globalThis as unknown as { readonly axe: { run(options: object): Promise<Audit> } };
    // off by default
    const result = await axe.run({ rules: { 'target-size': { enabled: true } } });
    // with a mouse, the lines of a trace may be as close as in a terminal; the step buttons lead to the same events
    const isDense = ({ target }: { readonly target: readonly string[] }): boolean =>
      innerWidth > 760 && document.querySelector(target[0]!)?.matches('.line') === true;
    return result.violations
      .filter(({ id, nodes }) => id !== 'target-size' || !nodes.every(isDense))
      .map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
  });
}

/** Type into an editor, wait for an entry of the popup, and take it with the keyboard. */
export async function complete(page: Page, typed: string, entry: string): Promise<void> {
  await page.keyboard.type(typed);
  const offered = '.cm-tooltip-autocomplete li';
  await page.waitForFunction(
    ([list, wanted]) =>
      [...document.querySelectorAll(`${list} .cm-completionLabel`)].some((label) => label.textContent === wanted),
    [offered, entry] as const,
  );
  const chosen = page.locator(`${offered}[aria-selected="true"] .cm-completionLabel`);
  for (let i = 0; i < 10 && (await chosen.textContent()) !== entry; i++) await page.keyboard.press('ArrowDown');
  // a key that comes with the popup is not meant for it
  await page.waitForTimeout(150);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.cm-tooltip-autocomplete', { state: 'detached' });
}

/** Wait for the run of a program of this name. */
export async function ran(page: Page, title: string): Promise<void> {
  await page.waitForSelector(`.timeline-box[aria-label*="${title}"]`);
  await page.waitForFunction(() => document.querySelector('.verdict-text')?.textContent !== '');
}

/** Choose an example and wait for its run. */
export async function choose(page: Page, example: string): Promise<void> {
  const before = await page.getAttribute('main', 'data-shown');
  await page.selectOption('.program select', example);
  await page.waitForFunction((n) => document.querySelector('main')?.dataset['shown'] !== n, before);
  await ran(page, example);
}

/** What the page says about the position: `12/103`. */
export async function position(page: Page): Promise<number> {
  return Number((await page.textContent('.position .muted'))!.split('/')[0]);
}

/** The file that a click leads to. */
export async function downloaded(page: Page, click: () => Promise<void>): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  const stream = await download.createReadStream();
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
