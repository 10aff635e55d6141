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
