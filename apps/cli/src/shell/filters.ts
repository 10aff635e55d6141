import { fail, type Command, type Invocation } from './command.ts';
import { parseArguments } from './arguments.ts';
import { basicRegExp, extendedRegExp, literalRegExp } from './posix-regexp.ts';
import { strerror } from './strerror.ts';

/** Commands that read text and write text. */
export const FILTERS: readonly Command[] = [
  { name: 'grep', usage: '[-cEFinoqvw] PATTERN [FILE...]', about: 'lines that match a pattern', run: grep },
  {
    name: 'head',
    usage: '[-n N] [FILE...]',
    about: 'the first 10 lines',
    run: (c) => ends(c, (lines, n) => lines.slice(0, n)),
  },
  {
    name: 'tail',
    usage: '[-n N] [FILE...]',
    about: 'the last 10 lines',
    run: (c) => ends(c, (lines, n) => (n === 0 ? [] : lines.slice(-n))),
  },
  { name: 'wc', usage: '[-clw] [FILE...]', about: 'how many lines, words and bytes', run: wc },
  { name: 'sort', usage: '[-bnru] [-k FIELD] [FILE...]', about: 'lines in order', run: sort },
  { name: 'cut', usage: '-f LIST [-d C] | -c LIST [FILE...]', about: 'parts of lines', run: cut },
  { name: 'uniq', usage: '[-cd] [FILE]', about: 'neighbouring lines that are the same, once', run: uniq },
];

/** The text of the files, or standard input. @returns null if a file could not be read: that has been said */
export function inputText(c: Invocation, files: readonly string[]): string | null {
  if (files.length === 0) return c.stdin ?? '';
  let text = '';
  let failed = false;
  for (const file of files) {
    const content = file === '-' ? (c.stdin ?? '') : c.shell.readFile(file);
    if (typeof content === 'string') {
      text += content;
      continue;
    }
    c.err(`${c.name}: ${file}: ${strerror(content)}\n`);
    failed = true;
  }
  return failed && text === '' ? null : text;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function print(c: Invocation, lines: readonly string[]): void {
  if (lines.length > 0) c.out(`${lines.join('\n')}\n`);
}

function grep(c: Invocation): number {
  const parsed = parseArguments(c.args, 'cEFinoqvwe:');
  if (typeof parsed === 'string') return fail(c, parsed, 2);
  const { options, operands } = parsed;
  const [pattern, ...files] = options.has('e') ? [options.get('e')!, ...operands] : operands;
  if (pattern === undefined) return fail(c, 'usage: grep [OPTION]... PATTERNS [FILE]...', 2);
  let regexp: RegExp;
  try {
    const translate = options.has('F') ? literalRegExp : options.has('E') ? extendedRegExp : basicRegExp;
    regexp = translate(pattern, options.has('i'), options.has('w'));
  } catch {
    return fail(c, `Invalid regular expression: ${pattern}`, 2);
  }
  const text = inputText(c, files);
  if (text === null) return 2;
  const numbered = linesOf(text).map((line, i) => ({ line, number: i + 1 }));
  const found = numbered.filter(({ line }) => line.search(regexp) >= 0 !== options.has('v'));
  if (options.has('c')) c.out(`${found.length}\n`);
  else if (!options.has('q')) {
    const prefix = (n: number): string => (options.has('n') ? `${n}:` : '');
    const shown = found.flatMap(({ line, number }) =>
      options.has('o') ? [...line.matchAll(regexp)].map((m) => prefix(number) + m[0]) : [prefix(number) + line],
    );
    print(c, shown);
  }
  return found.length > 0 ? 0 : 1;
}

function ends(c: Invocation, part: (lines: string[], n: number) => string[]): number {
  const args = c.args.map((arg) => (/^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg));
  const parsed = parseArguments(args, 'n:');
  if (typeof parsed === 'string') return fail(c, parsed);
  const count = parsed.options.get('n') ?? '10';
  if (!/^\d+$/.test(count)) return fail(c, `invalid number of lines: '${count}'`);
  const text = inputText(c, parsed.operands);
  if (text === null) return 1;
  print(c, part(linesOf(text), Number(count)));
  return 0;
}

function wc(c: Invocation): number {
  const parsed = parseArguments(c.args, 'clw');
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options, operands } = parsed;
  const text = inputText(c, operands);
  if (text === null) return 1;
  const all = options.size === 0;
  const counts: number[] = [];
  if (all || options.has('l')) counts.push(text.split('\n').length - 1);
  if (all || options.has('w')) counts.push(text.split(/\s+/).filter((word) => word !== '').length);
  if (all || options.has('c')) counts.push(text.length);
  const file = operands.length === 1 ? ` ${operands[0]}` : '';
  const width = counts.length > 1 ? 7 : 1;
  c.out(`${counts.map((n) => String(n).padStart(width)).join(' ')}${file}\n`);
  return 0;
}

function sort(c: Invocation): number {
  const parsed = parseArguments(c.args, 'bnruk:t:');
  if (typeof parsed === 'string') return fail(c, parsed, 2);
  const { options, operands } = parsed;
  const text = inputText(c, operands);
  if (text === null) return 2;
  const key = options.get('k');
  const [first, last] = (key ?? '').split(',').map((field) => parseInt(field, 10));
  const ofKey = (line: string): string => {
    if (key === undefined) return line;
    const fields = options.has('t') ? line.split(options.get('t')!) : line.trim().split(/\s+/);
    return fields.slice(first! - 1, Number.isNaN(last ?? NaN) ? undefined : last).join(' ');
  };
  const numeric = options.has('n') || /n/.test(key ?? '');
  const sign = options.has('r') || /r/.test(key ?? '') ? -1 : 1;
  const compare = (a: string, b: string): number => {
    const [x, y] = [ofKey(a), ofKey(b)];
    const order = numeric ? (parseFloat(x) || 0) - (parseFloat(y) || 0) : byBytes(x, y);
    return sign * (order !== 0 ? order : byBytes(a, b));
  };
  let lines = linesOf(text).sort(compare);
  if (options.has('u')) lines = lines.filter((line, i) => i === 0 || line !== lines[i - 1]);
  print(c, lines);
  return 0;
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function cut(c: Invocation): number {
  const parsed = parseArguments(c.args, 'f:d:c:');
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options, operands } = parsed;
  const list = options.get('f') ?? options.get('c');
  if (list === undefined) return fail(c, 'you must specify a list of bytes, characters, or fields');
  const wanted = positions(list);
  if (wanted === null) return fail(c, `invalid field value '${list}'`);
  const text = inputText(c, operands);
  if (text === null) return 1;
  const delimiter = options.has('c') ? '' : (options.get('d') ?? '\t');
  const part = (line: string): string => {
    if (delimiter !== '' && !line.includes(delimiter)) return line;
    return line
      .split(delimiter)
      .filter((_, i) => wanted(i + 1))
      .join(delimiter);
  };
  print(c, linesOf(text).map(part));
  return 0;
}

/** A list such as `1,3-5,7-`. */
function positions(list: string): ((n: number) => boolean) | null {
  const ranges = list.split(',').map((part) => /^(\d*)(-?)(\d*)$/.exec(part));
  if (ranges.some((m) => m === null || (m[1] === '' && m[3] === ''))) return null;
  return (n) =>
    ranges.some((m) => {
      const [, from, dash, to] = m!;
      if (dash === '') return n === Number(from);
      return n >= Number(from === '' ? 1 : from) && n <= (to === '' ? Infinity : Number(to));
    });
}

function uniq(c: Invocation): number {
  const parsed = parseArguments(c.args, 'cd');
  if (typeof parsed === 'string') return fail(c, parsed);
  const text = inputText(c, parsed.operands);
  if (text === null) return 1;
  const groups: { line: string; count: number }[] = [];
  for (const line of linesOf(text)) {
    const last = groups.at(-1);
    if (last !== undefined && last.line === line) last.count++;
    else groups.push({ line, count: 1 });
  }
  const shown = parsed.options.has('d') ? groups.filter((g) => g.count > 1) : groups;
  print(
    c,
    shown.map((g) => (parsed.options.has('c') ? `${String(g.count).padStart(7)} ${g.line}` : g.line)),
  );
  return 0;
}
