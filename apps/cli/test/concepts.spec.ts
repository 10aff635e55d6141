import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ROOT, TestDir, kmodel } from './world.ts';

const CONCEPTS = join(ROOT, 'docs/concepts');
const update = (process.env['UPDATE_DOCS'] ?? '') !== '';
const before = process.cwd();
const dir = new TestDir();
beforeAll(() => process.chdir(ROOT));
afterAll(() => {
  process.chdir(before);
  dir.remove();
});

/** What a pipe of commands prints; all but the last write into the next one. */
function output(line: string): string {
  let text = '';
  for (const command of line.split(' | ')) {
    const tail = /^tail -(\d+)$/.exec(command);
    if (tail !== null) {
      text = `${text.trimEnd().split('\n').slice(-Number(tail[1])).join('\n')}\n`;
      continue;
    }
    const args = command.replace(/^npx kmodel /, '').split(' ');
    const input = args.lastIndexOf('-');
    if (text !== '' && input >= 0) args[input] = dir.file('input', text);
    text = kmodel(args).out;
  }
  return text.replace(/[ \t]+$/gm, '');
}

const pages = readdirSync(CONCEPTS)
  .filter((file) => file.endsWith('.md'))
  .sort();

describe.each(pages)('docs/concepts/%s', (page) => {
  const file = join(CONCEPTS, page);

  test('shows what its commands print (UPDATE_DOCS=1 writes it)', () => {
    const text = readFileSync(file, 'utf8');
    const fresh = text.replace(/```console\n\$ (.*)\n[^]*?```/g, (_, line: string) => {
      return `\`\`\`console\n$ ${line}\n${output(line)}\`\`\``;
    });
    if (update) writeFileSync(file, fresh);
    expect(readFileSync(file, 'utf8')).toBe(fresh);
  });

  test('has at most one program, which is a file that the tests run, and shows what it prints', async () => {
    const text = readFileSync(file, 'utf8');
    const programs = [...text.matchAll(/```ts\n([^]*?)```(?:\n\n```text\n([^]*?)```)?/g)];
    expect(programs.length).toBeLessThanOrEqual(1);
    if (programs.length === 0) return;
    const name = basename(page, '.md');
    const [, code, printed] = programs[0]!;
    const source = join(ROOT, 'apps/cli/test/concepts', `${name}.ts`);
    if (update) writeFileSync(source, code!);
    expect(readFileSync(source, 'utf8')).toBe(code);
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await import(`./concepts/${name}.ts`);
    const lines = log.mock.calls.map((values) => values.join(' '));
    log.mockRestore();
    expect(`${lines.join('\n')}\n`).toBe(printed);
  });
});
