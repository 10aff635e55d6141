import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEFAULT_EVENTS, runScenario } from '@kernel-model/runner';
import { parseScenario } from '@kernel-model/scenario';
import { documents, type Block, type Document } from './documents/blocks.ts';
import { printed } from './documents/commands.ts';
import { compile, keeps, run, type Program } from './documents/programs.ts';
import { ROOT } from './world.ts';

// Every block of code in every document is run: each `ts` block is a program of its own, each `yaml` block a scenario,
// each `console` block a command with what it prints. New ones are found, nobody has to name them.
const update = (process.env['UPDATE_DOCS'] ?? '') !== '';
const before = process.cwd();
const all = documents();
let programs: Map<string, Program>;

/** The name that a block of TypeScript has for the compiler. */
const fileOf = ({ path }: Document, { line }: Block): string =>
  join(ROOT, dirname(path), `${basename(path).replaceAll('.', '-')}-${line}.ts`);

beforeAll(() => {
  process.chdir(ROOT);
  const sources = all
    .filter(({ path }) => !isLesson(path))
    .flatMap((document) =>
      document.blocks
        .filter(({ language }) => language === 'ts')
        .map((block) => [fileOf(document, block), block.text] as const),
    );
  programs = compile(new Map(sources));
});
afterAll(() => process.chdir(before));

describe.each(all.map((document) => [document.path, document] as const))('%s', (path, document) => {
  const edits: { readonly block: Block; readonly text: string }[] = [];
  const shows = (block: Block, text: string): void => {
    if (update) edits.push({ block, text });
    else expect(block.text).toBe(text);
  };
  afterAll(() => {
    let text = readFileSync(join(ROOT, path), 'utf8');
    for (const edit of edits.reverse()) text = text.slice(0, edit.block.start) + edit.text + text.slice(edit.block.end);
    if (edits.length > 0) writeFileSync(join(ROOT, path), text);
  });

  test.each(document.blocks.map((block) => [block.line, block.language, block] as const))(
    'line %i: the %s does what is said there (UPDATE_DOCS=1 writes what is printed)',
    async (_line, language, block) => {
      switch (language) {
        case 'ts': {
          if (isLesson(path)) return expectPartOfLesson(path, block);
          const program = programs.get(fileOf(document, block))!;
          expect(program.problems).toEqual([]);
          const { output, promised } = await run(path, program);
          expect(promised.filter(({ promise, printed }) => !keeps(promise, printed))).toEqual([]);
          if (block.printed !== null) shows(block.printed, output);
          return;
        }
        case 'yaml':
          runScenario(parseScenario(block.text, path), { events: DEFAULT_EVENTS });
          return;
        case 'console': {
          const [, command = ''] = /^\$ (.*)\n/.exec(block.text) ?? [];
          return shows(block, `$ ${command}\n${printed(command)}`);
        }
        case 'text':
          // what the program before it prints
          return expect(document.blocks.map((other) => other.printed)).toContain(block);
        case 'sh':
          return expectScripts(path, block.text);
        case 'c':
          // Linux's own words, to be read
          return;
        default:
          throw new Error(`nothing runs a block of ${language || 'no language'}`);
      }
    },
  );
});

function isLesson(path: string): boolean {
  return path.includes('/lessons/');
}

/** A lesson shows pieces of the program that it runs. */
function expectPartOfLesson(path: string, { text }: Block): void {
  const bare = (code: string): string => code.replace(/\s+/g, '');
  const whole = bare(readFileSync(join(ROOT, dirname(path), 'lesson.ts'), 'utf8'));
  expect(whole.includes(bare(text)) ? text : `nowhere in lesson.ts`).toBe(text);
}

/** Commands for the reader's shell: those of npm have to exist. */
function expectScripts(path: string, text: string): void {
  const manifests = [join(dirname(path), 'package.json'), 'package.json'].flatMap((file) => {
    try {
      return [JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as { readonly scripts?: object }];
    } catch {
      return [];
    }
  });
  const known = manifests.flatMap(({ scripts }) => Object.keys(scripts ?? {}));
  const wanted = [...text.matchAll(/^npm (?:run )?([\w-]+)/gm)].map(([, name]) => name!);
  expect(wanted.filter((name) => !known.includes(name))).toEqual([]);
}
