// `npm run docs`: the reference of all packages, the concept pages and the READMEs, as one static site in site/docs.
// `npm run site`: the playground and the lessons as well, in site/.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, binOf, elapsed, show } from '../steps.mjs';
import { checkLinks } from './check-links.mjs';
import { checkPages } from './check-pages.mjs';
import { makeFilePages } from './file-pages.mjs';

const SITE = join(ROOT, 'site');
const DOCS = join(SITE, 'docs');
const whole = process.argv.includes('--site');

const start = performance.now();
process.exitCode = await build();

async function build() {
  if (whole) {
    const status = await playground();
    if (status !== 0) return status;
  }
  const status = await show([binOf('typedoc')]);
  if (status !== 0) return status;
  const files = makeFilePages(DOCS);
  const { links, dead } = checkLinks(SITE, (file) => !whole && !file.startsWith('docs/'));
  if (dead.length > 0) {
    console.error(`${dead.length} dead links:\n${dead.map((line) => `  ${line}`).join('\n')}`);
    return 1;
  }
  const wrong = await checkPages(DOCS);
  if (wrong === null)
    console.error('The pages were not looked at: there is no Chromium. Name one in the variable CHROMIUM.');
  if (wrong === null && process.env.CI) return 1;
  if (wrong !== null && wrong.length > 0) {
    console.error(`${wrong.length} things are wrong with the pages:\n${wrong.map((line) => `  ${line}`).join('\n')}`);
    return 1;
  }
  console.log(`${whole ? 'site' : 'site/docs'}: ${links} links, ${files} files of the repository, ${elapsed(start)}`);
  return 0;
}

/** Build the playground, and put it where the documentation is: both link to each other. */
async function playground() {
  const status = await show([binOf('nx'), 'run', '@kernel-model/playground:build', '--outputStyle=static']);
  if (status !== 0) return status;
  mkdirSync(SITE, { recursive: true });
  for (const name of readdirSync(SITE)) if (name !== 'docs') rmSync(join(SITE, name), { recursive: true });
  const dist = join(ROOT, 'apps/playground/dist');
  if (!existsSync(dist)) throw new Error('the playground was not built');
  cpSync(dist, SITE, { recursive: true });
  return 0;
}
