import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import prettier from 'prettier';
import { mutantsOf, scoreTable } from './report.mjs';
import { TARGETS } from './targets.mjs';

const LIST = new URL('./survivors.json', import.meta.url);
const PAGE = new URL('./survivors.md', import.meta.url);

/** Kinds of reasons. */
const GROUPS = {
  equivalent: 'The mutant does what the code does',
  unreachable: 'Nothing can bring the machine to where the mutant differs',
  timing: 'Only when something is counted or reported differs, which no rule fixes',
  explored: 'Only an explored run can tell; those specs are in the packages above',
  guard: 'The code guards the model against its own mistakes, or words a report',
  open: 'A rule that no spec of these states yet',
};

/** The mutants of a target that no spec notices, each with its group and reason of survivors.json, or null. */
export function survivorsOf(target) {
  const reasons = new Map(read().map((entry) => [keyOf(entry), entry]));
  return mutantsOf(target)
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map((mutant) => ({ ...mutant, reason: reasons.get(keyOf(mutant)) ?? null }));
}

/** Write survivors.md, and drop from survivors.json what survives no more. What was not measured here stays as it was. */
export async function updateList() {
  const targets = Object.keys(TARGETS);
  const found = targets.flatMap(survivorsOf);
  const alive = new Set(found.map(keyOf));
  const measured = new Set(targets.flatMap(mutantsOf).map(fileOf));
  const kept = read().filter((entry) => alive.has(keyOf(entry)) || !measured.has(fileOf(entry)));
  await write(LIST, JSON.stringify(kept));
  const before = kept
    .filter((entry) => !measured.has(fileOf(entry)))
    .map((entry) => ({ ...entry, reason: { group: entry.group, why: entry.why } }));
  const all = [...found, ...before];
  const sections = Object.entries({ ...GROUPS, none: 'Without a reason yet' }).flatMap(([group, title]) => {
    const members = all.filter(({ reason }) => (reason?.group ?? 'none') === group);
    return members.length === 0 ? [] : [`## ${title}: ${members.length}`, tableOf(members)];
  });
  await write(PAGE, [HEAD, scoreTable(targets, rowsBefore()), ...sections].join('\n\n'));
}

/** The cells of the scores on the page as it is, by their first cell. */
function rowsBefore() {
  const text = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  const rows = text.match(/^\| (\S+\.ts|\*\*\S+\*\*) .* %\s*\|$/gm) ?? [];
  return new Map(
    rows
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .map((row) => [row[0], row]),
  );
}

const HEAD = `# Mutants that survive

Written by \`npm run mutation -- --update\` from the last run of each target and the reasons in \`survivors.json\`;
\`npm run mutation\` measures.`;

function tableOf(members) {
  const rows = members.map(({ pkg, file, line, code, change, reason }) =>
    ['', `${pkg}/${file}`, quote(line), `${quote(code)} → ${quote(change)}`, reason?.why ?? '', ''].join(' | ').trim(),
  );
  return ['| file | line | change | why |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

const quote = (text) => `\`\` ${text.replaceAll('|', '\\|')} \`\``;

const fileOf = ({ pkg, file }) => `${pkg}/${file}`;

const keyOf = ({ pkg, file, line, code, change }) => [pkg, file, line, code, change].join('\n');

function read() {
  return existsSync(LIST) ? JSON.parse(readFileSync(LIST, 'utf8')) : [];
}

async function write(url, text) {
  const { pathname } = url;
  const config = await prettier.resolveConfig(pathname);
  writeFileSync(url, await prettier.format(text, { ...config, filepath: pathname }));
}
