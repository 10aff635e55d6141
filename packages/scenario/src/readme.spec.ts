import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ARGUMENT_KINDS, CALL_SPECS } from './calls.ts';
import type { CallSpec } from './calls.ts';

const file = new URL('../README.md', import.meta.url);
const MARKS = { 'enter/return': '`>` `<`', note: '`=`', 'result-only': '`<`', none: '' } as const;

function usage(name: string, spec: CallSpec): string {
  const letters = spec.args.map((kind) => ARGUMENT_KINDS[kind].letter);
  const least = spec.args.length - spec.optional;
  const text = [...letters.slice(0, least), ...letters.slice(least).map((l) => `(${l})`)].join(', ');
  if (text === '') return `\`${name}\``;
  return spec.args.length === 1 ? `\`${name}: ${text}\`` : `\`${name}: [${text}]\``;
}

/** As prettier lays out a table. */
function table(): string {
  const rows = [['call', 'what it does', 'marks']];
  for (const [name, spec] of CALL_SPECS) {
    const works = spec.works ? ` (${spec.works.join(', ')})` : '';
    rows.push([
      usage(name, spec).replaceAll('|', '\\|'),
      `${spec.about}${works}`,
      `${MARKS[spec.mark]}${spec.result ? ' †' : ''}`,
    ]);
  }
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map((w) => '-'.repeat(w))), ...body.map(line)].join('\n');
}

test('the README lists all calls as they are (UPDATE_README=1 writes the table)', () => {
  const [before, rest = ''] = readFileSync(file, 'utf8').split('writes this table -->\n');
  const after = rest.slice(rest.indexOf('<!-- /calls -->'));
  const text = `${before}writes this table -->\n\n${table()}\n\n${after}`;
  if (process.env['UPDATE_README']) writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
});
