// Part of `npm run version-packages`: the examples of daemons, which are no workspaces, ask for the new version.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

const DAEMONS = join(ROOT, 'examples/daemons');
const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/daemons/package.json'), 'utf8'));

for (const name of readdirSync(DAEMONS)) {
  const file = join(DAEMONS, name, 'package.json');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll(/("@kernel-model\/[^"]+": ")[^"]*/g, `$1^${version}`));
}
