import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ROOT, kmodel } from './world.ts';

const FILE = join(ROOT, 'README.md');
const before = process.cwd();
beforeAll(() => process.chdir(ROOT));
afterAll(() => process.chdir(before));

/** What a command of the README prints, `| tail -N` included. */
function output(command: string): string {
  const match = /^npx kmodel (.*?)(?: \| tail -(\d+))?$/.exec(command)!;
  const { out, err } = kmodel(match[1]!.split(' '));
  if (match[2] !== undefined) return `${out.trimEnd().split('\n').slice(-Number(match[2])).join('\n')}\n`;
  return err + out.replace(/^No trace was kept.*\n/m, '');
}

test('the README shows what the commands print (UPDATE_README=1 writes it)', () => {
  const text = readFileSync(FILE, 'utf8');
  const fresh = text.replace(/```console\n\$ (.*)\n[^]*?```/g, (_, line: string) => {
    return `\`\`\`console\n$ ${line}\n${output(line)}\`\`\``;
  });
  if ((process.env['UPDATE_README'] ?? '') !== '') writeFileSync(FILE, fresh);
  expect(readFileSync(FILE, 'utf8')).toBe(fresh);
});

test('the program of the README runs: it shows when the thread comes and goes', async () => {
  const program = readFileSync(new URL('readme-example.ts', import.meta.url), 'utf8');
  expect(readFileSync(FILE, 'utf8')).toContain(`\`\`\`ts\n${program}\`\`\``);
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  await import('./readme-example.ts');
  const switches = log.mock.calls.map(([, , comm]) => comm as string);
  log.mockRestore();
  expect(switches.filter((comm) => comm === 'demo').length).toBeGreaterThanOrEqual(2);
});
