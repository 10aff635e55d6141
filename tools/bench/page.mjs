// The parts of docs/benchmarks.md that are measured.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../steps.mjs';

const PAGE = join(ROOT, 'docs/benchmarks.md');

/** Put a text between the markers `<!-- NAME -->` and `<!-- /NAME -->`. */
export async function writeSection(name, text) {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${PAGE} has no ${begin} ... ${end}`);
  const fresh = `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
  writeFileSync(PAGE, await format(fresh, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
}
