// The one test file of mocha in Stryker's sandbox: loads the specs of the target, those of its own package from there.
import { readdirSync } from 'node:fs';
import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../steps.mjs';
import { LEFT_OUT, TARGETS } from './targets.mjs';

const { pkg, specs } = TARGETS[process.env.MUTATION_TARGET];
const sandbox = pathToFileURL(`${process.cwd()}/`).href;
register('./hooks.mjs', import.meta.url, { data: { name: `@kernel-model/${pkg}`, sandbox } });

const own = `packages/${pkg}/`;
for (const where of specs) {
  const here = where.startsWith(own)
    ? new URL(`${where.slice(own.length)}/`, sandbox)
    : pathToFileURL(join(ROOT, where, '/'));
  const names = readdirSync(here).filter((file) => file.endsWith('.spec.ts') && !LEFT_OUT.test(file));
  for (const file of names.sort()) await import(new URL(file, here).href);
}
