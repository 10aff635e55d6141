import { fail, type Command, type Invocation } from './command.ts';
import { parseArguments } from './arguments.ts';
import { inputText } from './filters.ts';
import { basicRegExp, extendedRegExp } from './posix-regexp.ts';

/** A stream editor: the commands s, p, d, q and = with line numbers, $ and /patterns/ before them. */
export const SED: Command = {
  name: 'sed',
  usage: "[-nE] 's/RE/TEXT/[gip]; Np; /RE/d' [FILE...]",
  about: 'lines changed, printed or left out',
  run: sed,
};

type Address = { readonly line: number } | { readonly last: true } | { readonly regexp: RegExp };

interface SedCommand {
  readonly from: Address | null;
  readonly to: Address | null;
  readonly not: boolean;
  readonly what: string;
  /** Of s. */
  readonly regexp?: RegExp;
  readonly replacement?: string;
  readonly global?: boolean;
  readonly print?: boolean;
  /** Between the two addresses. */
  inside: boolean;
}

class SedProblem extends Error {}

function sed(c: Invocation): number {
  const parsed = parseArguments(c.args, 'nEre:');
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options, operands } = parsed;
  const [script, ...files] = options.has('e') ? [options.get('e')!, ...operands] : operands;
  if (script === undefined) return fail(c, `usage: sed ${SED.usage}`);
  const compile = options.has('E') || options.has('r') ? extendedRegExp : basicRegExp;
  let commands: SedCommand[];
  try {
    commands = new ScriptReader(script, compile).commands();
  } catch (error) {
    if (!(error instanceof SedProblem || error instanceof SyntaxError)) throw error;
    return fail(c, `-e expression #1: ${error.message}`);
  }
  const text = inputText(c, files);
  if (text === null) return 2;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [i, line] of lines.entries()) if (!edit(c, commands, line, i + 1, lines.length, options.has('n'))) break;
  return 0;
}

/** @returns whether to go on */
function edit(c: Invocation, commands: SedCommand[], text: string, n: number, last: number, quiet: boolean): boolean {
  let line = text;
  for (const command of commands) {
    if (!selects(command, line, n, last)) continue;
    switch (command.what) {
      case 's': {
        const before = line;
        line = substitute(command, line);
        if (command.print === true && line !== before) c.out(`${line}\n`);
        break;
      }
      case 'p':
        c.out(`${line}\n`);
        break;
      case '=':
        c.out(`${n}\n`);
        break;
      case 'd':
        return true;
      default:
        if (!quiet) c.out(`${line}\n`);
        return false;
    }
  }
  if (!quiet) c.out(`${line}\n`);
  return true;
}

function selects(command: SedCommand, line: string, n: number, last: number): boolean {
  const { from, to, not } = command;
  if (from === null) return true;
  let hit: boolean;
  if (to === null) hit = matches(from, line, n, last);
  else if (command.inside) {
    hit = true;
    if (matches(to, line, n, last) || ('line' in to && n >= to.line)) command.inside = false;
  } else {
    hit = matches(from, line, n, last);
    command.inside = hit && !('line' in to && to.line <= n);
  }
  return hit !== not;
}

function matches(address: Address, line: string, n: number, last: number): boolean {
  if ('line' in address) return n === address.line;
  return 'last' in address ? n === last : line.search(address.regexp) >= 0;
}

function substitute({ regexp, replacement, global }: SedCommand, line: string): string {
  const one = new RegExp(regexp!.source, regexp!.flags.replace('g', '') + (global === true ? 'g' : ''));
  return line.replace(one, (...groups: (string | undefined)[]) =>
    replacement!.replace(/\\([\\&/n0-9])|&/g, (sign, escaped: string | undefined) => {
      if (sign === '&') return groups[0]!;
      if (escaped === 'n') return '\n';
      return /\d/.test(escaped!) ? (groups[Number(escaped)] ?? '') : escaped!;
    }),
  );
}

/** Reads a script. */
class ScriptReader {
  #at = 0;

  constructor(
    readonly script: string,
    readonly compile: typeof basicRegExp,
  ) {}

  commands(): SedCommand[] {
    const commands: SedCommand[] = [];
    for (;;) {
      while (/[\s;]/.test(this.#next)) this.#at++;
      if (this.#at >= this.script.length) return commands;
      commands.push(this.#command());
    }
  }

  get #next(): string {
    return this.script[this.#at] ?? '';
  }

  #command(): SedCommand {
    const from = this.#address();
    let to: Address | null = null;
    if (from !== null && this.#next === ',') {
      this.#at++;
      to = this.#address();
      if (to === null) throw this.#problem("unexpected `,'");
    }
    const not = this.#next === '!';
    if (not) this.#at++;
    const what = this.#next;
    this.#at++;
    if (what === 's') return { from, to, not, what, inside: false, ...this.#substitution() };
    if (what === '') throw this.#problem('missing command');
    if (!'pdq='.includes(what)) throw this.#problem(`unknown command: \`${what}' (s, p, d, q and = are there)`);
    if (/[^\s;]/.test(this.#next)) throw this.#problem('extra characters after command');
    return { from, to, not, what, inside: false };
  }

  #address(): Address | null {
    const number = /^\d+/.exec(this.script.slice(this.#at))?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      return { line: Number(number) };
    }
    if (this.#next === '$') {
      this.#at++;
      return { last: true };
    }
    if (this.#next !== '/') return null;
    this.#at++;
    return { regexp: this.compile(this.#until('/', 'unterminated address regex'), false, false) };
  }

  #substitution(): Pick<SedCommand, 'regexp' | 'replacement' | 'global' | 'print'> {
    const delimiter = this.#next;
    this.#at++;
    const pattern = this.#until(delimiter, "unterminated `s' command");
    const replacement = this.#until(delimiter, "unterminated `s' command");
    const flags = /^[a-zA-Z0-9]*/.exec(this.script.slice(this.#at))![0];
    this.#at += flags.length;
    if (!/^[giIp]*$/.test(flags)) throw this.#problem("unknown option to `s'");
    const regexp = this.compile(pattern, /i/i.test(flags), false);
    return { regexp, replacement, global: flags.includes('g'), print: flags.includes('p') };
  }

  /** Up to the delimiter, which may stand there behind a backslash. */
  #until(delimiter: string, problem: string): string {
    let text = '';
    for (; this.#next !== delimiter; this.#at++) {
      if (this.#next === '') throw this.#problem(problem);
      if (this.#next === '\\') {
        const escaped = this.script[this.#at + 1] ?? '';
        text += escaped === delimiter && delimiter !== '/' ? '' : '\\';
        this.#at++;
      }
      text += this.#next;
    }
    this.#at++;
    return text;
  }

  #problem(what: string): SedProblem {
    return new SedProblem(`char ${this.#at}: ${what}`);
  }
}
