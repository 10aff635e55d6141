import { parse, type ParseEntry } from 'shell-quote';
import { substitutions } from './substitution.ts';

/** A command with its words and where its output goes. */
export interface SimpleCommand {
  readonly words: readonly string[];
  /** File that is read instead of standard input. */
  readonly input: string | null;
  /** File that is written instead of standard output. */
  readonly output: string | null;
  /** `>>`: behind what is there. */
  readonly append: boolean;
  /** File for error messages instead of the console; {@link TO_OUTPUT}: where the output goes. */
  readonly errors: string | null;
}

/** `2>&1`: error messages go where the output goes. */
export const TO_OUTPUT = '&1';

/** Commands that are joined by `|`. */
export type Pipeline = readonly SimpleCommand[];

/** A pipeline as it was typed, and when it runs: always, or after success or failure of the one before. */
export interface ListEntry {
  readonly when: 'always' | 'success' | 'failure';
  readonly text: string;
}

/** What a line refers to: variables and file names. */
export interface Expansion {
  /** Value of a variable; '' if there is none. */
  variable(name: string): string;
  /** Files that match a pattern; none if the word stands for itself. */
  glob(pattern: string): readonly string[];
}

/** The line cannot be understood. The message is what bash says behind its name. */
export class SyntaxProblem extends Error {}

/**
 * Divide a line at `;`, `&&` and `||`. Its pipelines are understood one by one, when their turn comes: `$?` changes.
 * @throws SyntaxProblem also for what is wrong inside of a pipeline
 */
export function parseList(line: string): ListEntry[] {
  const entries: ListEntry[] = [];
  let when: ListEntry['when'] = 'always';
  let from = 0;
  const end = (at: number, by: string): void => {
    const text = line.slice(from, at);
    if (parsePipeline(withoutSubstitutions(text), NOTHING).length > 0) entries.push({ when, text });
    else if (by !== 'newline' || when !== 'always') throw unexpected(by);
  };
  const inner = substitutions(line);
  for (const { at, op } of separators(line)) {
    if (inner.some(({ from: start, to }) => at >= start && at < to)) continue;
    end(at, op);
    when = op === '&&' ? 'success' : op === '||' ? 'failure' : 'always';
    from = at + op.length;
  }
  end(line.length, 'newline');
  return entries;
}

/** For a look at the rest: a word in the place of each. */
function withoutSubstitutions(text: string): string {
  return substitutions(text).reduceRight((rest, { from, to }) => `${rest.slice(0, from)}x${rest.slice(to)}`, text);
}

/** Understand words, quotes, variables, patterns, `|`, `<`, `>`, `>>`, `2>` and `2>&1`. @throws SyntaxProblem */
export function parsePipeline(text: string, expand: Expansion): Pipeline {
  const pipeline: SimpleCommand[] = [];
  let command = new CommandBuilder();
  for (const token of tokens(markErrors(text), expand)) {
    if (token === ERRORS_TO) {
      command.redirect('2>');
      continue;
    }
    if (typeof token === 'string') {
      command.word(token);
      continue;
    }
    if ('comment' in token) break;
    switch (token.op) {
      case 'glob':
        for (const word of matches(token.pattern, expand)) command.word(word);
        break;
      case '|':
        if (command.empty) throw unexpected('|');
        pipeline.push(command.build());
        command = new CommandBuilder();
        break;
      case '<':
      case '>':
      case '>>':
        command.redirect(token.op);
        break;
      default:
        throw unexpected((token as Exclude<ParseEntry, string> & { readonly op: string }).op);
    }
  }
  if (!command.empty) pipeline.push(command.build());
  else if (pipeline.length > 0 || command.pending) throw unexpected('newline');
  return pipeline;
}

/** Stands for `2>` in what the library reads: it would take the 2 for a word of its own. */
const ERRORS_TO = '\u0000';

function markErrors(text: string): string {
  let marked = '';
  let from = 0;
  for (const at of unquoted(text)) {
    if (at < from || !/(^|\s)$/.test(text.slice(0, at))) continue;
    const op = /^2>(&1|>)?/.exec(text.slice(at));
    if (op === null) continue;
    marked += `${text.slice(from, at)}${ERRORS_TO} ${op[1] === TO_OUTPUT ? `'${TO_OUTPUT}'` : ''}`;
    from = at + op[0].length;
  }
  return marked + text.slice(from);
}

/** The words and operators of a text; a `$` without a name stands for itself. */
function tokens(text: string, expand: Expansion): ParseEntry[] {
  try {
    return parse(text, (name) => (name === '' ? '$' : expand.variable(name)));
  } catch (error) {
    throw new SyntaxProblem((error as Error).message.toLowerCase());
  }
}

const NOTHING: Expansion = { variable: () => '', glob: () => [] };

function matches(pattern: string, expand: Expansion): readonly string[] {
  const files = expand.glob(pattern);
  return files.length > 0 ? files : [pattern];
}

class CommandBuilder {
  readonly #words: string[] = [];
  #input: string | null = null;
  #output: string | null = null;
  #append = false;
  #errors: string | null = null;
  #redirect = '';

  get empty(): boolean {
    return this.#words.length === 0;
  }

  /** A redirection waits for its file. */
  get pending(): boolean {
    return this.#redirect !== '';
  }

  word(text: string): void {
    const op = this.#redirect;
    this.#redirect = '';
    if (op === '<') this.#input = text;
    else if (op === '2>') this.#errors = text;
    else if (op !== '') {
      this.#output = text;
      this.#append = op === '>>';
    } else this.#words.push(text);
  }

  redirect(op: string): void {
    if (this.pending) throw unexpected(op);
    this.#redirect = op;
  }

  build(): SimpleCommand {
    if (this.pending) throw unexpected('newline');
    return { words: this.#words, input: this.#input, output: this.#output, append: this.#append, errors: this.#errors };
  }
}

/** Where `;`, `&&` and `||` stand outside of quotes and comments. @throws SyntaxProblem for a quote that stays open */
function separators(line: string): { readonly at: number; readonly op: string }[] {
  const found: { at: number; op: string }[] = [];
  let from = 0;
  for (const at of unquoted(line)) {
    const op = /^(;|&&|\|\|)/.exec(line.slice(at))?.[0];
    if (at < from || op === undefined) continue;
    found.push({ at, op });
    from = at + op.length;
  }
  return found;
}

/** Where the characters outside of quotes and comments are. @throws SyntaxProblem for a quote that stays open */
function* unquoted(line: string): Generator<number> {
  let open = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === '\\' && open !== "'") i++;
    else if (open !== '') open = c === open ? '' : open;
    else if (c === "'" || c === '"') open = c;
    else if (c === '#' && (i === 0 || /\s/.test(line[i - 1]!))) break;
    else yield i;
  }
  // the library takes an open quote for a letter
  if (open !== '') throw new SyntaxProblem(`unexpected EOF while looking for matching \`${open}'`);
}

function unexpected(token: string): SyntaxProblem {
  return new SyntaxProblem(`syntax error near unexpected token \`${token}'`);
}
