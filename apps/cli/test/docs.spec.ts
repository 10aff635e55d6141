import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT, kmodel, kmodelInTime } from './world.ts';

const DOCS = join(ROOT, 'docs');
const pages = ['', 'concepts/'].flatMap((folder) =>
  readdirSync(join(DOCS, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => folder + file),
);

/** Scenarios that are there to fail. */
const FAILING: readonly string[] = ['missed-flag', 'never-checks', 'stop-after-exit'];

function text(page: string): string {
  return readFileSync(join(DOCS, page), 'utf8');
}

/** Names and targets of the links of a page. */
function links(page: string): (readonly [string, string])[] {
  return [...text(page).matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)].map((m) => [m[1]!, m[2]!] as const);
}

/** Files that a page links to. */
function files(page: string): string[] {
  return links(page)
    .map(([, target]) => target.replace(/#.*/, ''))
    .filter((target) => target !== '' && !/^https?:/.test(target))
    .map((target) => join(dirname(join(DOCS, page)), target));
}

/** As GitHub makes the anchor of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll('`', '')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

describe.each(pages)('docs/%s', (page) => {
  test('links to what exists', () => {
    expect(files(page).filter((file) => !existsSync(file))).toEqual([]);
  });

  test('links to its own headings', () => {
    const anchors = [...text(page).matchAll(/^#+ (.*)$/gm)].map((m) => anchor(m[1]!));
    const own = links(page).filter(([, target]) => target.startsWith('#'));
    expect(own.map(([, target]) => target.slice(1)).filter((target) => !anchors.includes(target))).toEqual([]);
  });

  test('names what the files it links to define', () => {
    const wrong = links(page).filter(([name, target]) => {
      const symbol = /^`(\w+)(?:\(\))?`$/.exec(name)?.[1];
      if (symbol === undefined || !target.endsWith('.ts')) return false;
      return !new RegExp(`\\b${symbol}\\b`).test(readFileSync(join(DOCS, target), 'utf8'));
    });
    expect(wrong).toEqual([]);
  });
});

const scenarios = new Set(pages.flatMap(files).filter((file) => file.endsWith('.yaml')));
const own = readdirSync(join(DOCS, 'scenarios')).map((file) => join(DOCS, 'scenarios', file));

test('every scenario of the documentation is linked, and begins with a command that runs it', () => {
  for (const file of own) {
    expect(scenarios).toContain(file);
    expect(readFileSync(file, 'utf8')).toMatch(new RegExp(`^#   npx kmodel \\w+ ${relative(ROOT, file)}`, 'm'));
  }
});

test.each([...scenarios].map((file) => relative(ROOT, file)).sort())('%s runs', (file) => {
  const { status, err } = kmodel(['run', join(ROOT, file)]);
  expect({ status, err }).toMatchObject({ status: FAILING.includes(basename(file, '.yaml')) ? 1 : 0 });
});

test('docs/scenarios/bind-running.yaml makes the kernel complain', () => {
  expect(kmodel(['run', join(DOCS, 'scenarios/bind-running.yaml')]).err).toMatch(
    /^the kernel complained .*kthread_bind/,
  );
});

const commands = new Set(
  pages.flatMap((page) =>
    [...text(page).matchAll(/`npx kmodel shell -c "(.*?)"`/g)].map((m) => m[1]!.replaceAll('\\|', '|')),
  ),
);

test.each([...commands].sort())('the shell takes %s', async (command) => {
  const { status, out, err } = await kmodelInTime(['shell', '-c', command]);
  expect({ status, err: err.replace(/^taskset: failed to set pid 17.*\n/, '') }).toEqual({ status: 0, err: '' });
  expect(out).not.toBe('');
});
