import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../world.ts';

/** A block of code in a document. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Number of its first line. */
  readonly line: number;
  /** Where its text is in the file. */
  readonly start: number;
  readonly end: number;
  /** The block that follows with nothing between them, if it is `text`: what this one prints. */
  readonly printed: Block | null;
}

/** A file with blocks of code: Markdown, or a source with blocks in its comments. */
export interface Document {
  /** From the root of the repository. */
  readonly path: string;
  readonly blocks: readonly Block[];
}

/** What is made, or is somebody else's. */
const NOT_OURS = /^(\.|(node_modules|dist|out-tsc|site|coverage)$)/;
/** Changelogs are history: their examples ran when they were written. */
const DOCUMENT = /(?<!CHANGELOG)\.md$|(?<!\.spec)\.tsx?$/;

/** Every document of the repository that has a block of code. */
export function documents(): Document[] {
  return filesIn('')
    .filter((path) => DOCUMENT.test(path))
    .map((path) => ({ path, blocks: blocksOf(path, readFileSync(join(ROOT, path), 'utf8')) }))
    .filter(({ blocks }) => blocks.length > 0);
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.test(name))
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

function blocksOf(path: string, whole: string): Block[] {
  // in a source only comments count, and each line begins with a star
  const fence = path.endsWith('.md') ? /^```(\w*)[^\n]*\n([^]*?)^```$/gm : /^ *\* ```(\w*)[^\n]*\n([^]*?)^ *\* ```$/gm;
  const found = [...whole.matchAll(fence)].map((match) => {
    const [all, language = '', text = ''] = match;
    const start = match.index + all.indexOf('\n') + 1;
    return { language, text, start, end: start + text.length, after: match.index + all.length };
  });
  const blocks: Block[] = [];
  for (const { language, text, start, end, after } of found.reverse()) {
    const next = blocks[0];
    const follows = next?.language === 'text' && /^\s*```text\n$/.test(whole.slice(after, next.start));
    blocks.unshift({
      language,
      text: path.endsWith('.md') ? text : text.replace(/^ *\* ?/gm, ''),
      line: whole.slice(0, start).split('\n').length,
      start,
      end,
      printed: follows ? next : null,
    });
  }
  return blocks;
}
