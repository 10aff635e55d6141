import type { PsEntry } from './ps-entry.ts';
import { PS_COLUMNS, type PsColumn } from './ps-columns.ts';

/** What ps is asked for. */
export interface PsRequest {
  readonly columns: readonly PsColumn[];
  readonly header: boolean;
  /** Every process. */
  readonly all: boolean;
  /** An entry is shown if one of them says so. */
  readonly selectors: readonly ((e: PsEntry) => boolean)[];
  /** Show what the selectors do not choose. */
  readonly deselect: boolean;
  /** A row for each thread. */
  readonly threads: boolean;
  readonly forest: boolean;
  readonly sort: readonly { readonly column: PsColumn; readonly descending: boolean }[];
}

type Style = 'full' | 'extra' | 'long' | 'jobs' | 'bsd' | 'bsdUser' | 'bsdLong' | 'plain';

/** Columns of the formats that have letters of their own; `lwp` and `nlwp` come in with -L. */
const STYLES: Readonly<Record<Style, string>> = {
  plain: 'pid tty time ucmd',
  full: 'uid_name pid ppid c stime tty time cmd',
  extra: 'uid_name pid ppid c sz rss psr stime tty time cmd',
  long: 'f s uid pid ppid c opri ni addr_sz wchan tty time ucmd',
  jobs: 'pid pgid sid tty time ucmd',
  bsd: 'pid tty stat bsdtime command',
  bsdUser: 'user pid pcpu pmem vsz rss tty stat start_time bsdtime command',
  bsdLong: 'f uid pid ppid priority ni vsz rss wchan stat tty bsdtime command',
};

/** `ps -aux`: what makes no sense with a dash is taken without it. */
const BSD_WITH_DASH = /^-[aflux]*x[aflux]*$/;

class Parser {
  columns: PsColumn[] = [];
  headersGiven = 0;
  header = true;
  all = false;
  readonly selectors: ((e: PsEntry) => boolean)[] = [];
  deselect = false;
  threads = false;
  forest = false;
  style: Style = 'plain';
  readonly sort: { column: PsColumn; descending: boolean }[] = [];
  error = '';
  readonly #args: string[];

  constructor(args: readonly string[]) {
    this.#args = [...args];
  }

  parse(): void {
    for (let arg = this.#args.shift(); arg !== undefined && this.error === ''; arg = this.#args.shift()) {
      if (arg.startsWith('--')) this.#long(arg);
      else if (BSD_WITH_DASH.test(arg)) this.#letters(arg.slice(1), (letter, rest) => this.#bsd(letter, rest));
      else if (arg.startsWith('-')) this.#letters(arg.slice(1), (letter, rest) => this.#unix(letter, rest));
      else if (/^[\d,]+$/.test(arg)) this.#pids(arg);
      else this.#letters(arg, (letter, rest) => this.#bsd(letter, rest));
    }
  }

  #letters(text: string, option: (letter: string, rest: string) => boolean): void {
    for (let i = 0; i < text.length && this.error === ''; i++) if (option(text[i]!, text.slice(i + 1))) return;
  }

  /** @returns whether the option took the rest of the word */
  #unix(letter: string, rest: string): boolean {
    switch (letter) {
      case 'e':
      case 'A':
      case 'a':
      case 'd':
        this.all = true;
        return false;
      case 'f':
        this.style = 'full';
        return false;
      case 'F':
        this.style = 'extra';
        return false;
      case 'l':
        this.style = 'long';
        return false;
      case 'j':
        this.style = 'jobs';
        return false;
      case 'L':
      case 'T':
        this.threads = true;
        return false;
      case 'H':
        this.forest = true;
        return false;
      case 'N':
        this.deselect = true;
        return false;
      case 'w':
      case 'y':
        return false;
      case 'o':
        this.#format(this.#value(rest, 'o'));
        return true;
      case 'p':
      case 'q':
        this.#pids(this.#value(rest, 'p'));
        return true;
      case 'C':
        this.#names(this.#value(rest, 'C'));
        return true;
      case 'u':
      case 'U':
        this.#users(this.#value(rest, 'u'));
        return true;
      default:
        this.error = 'unsupported SysV option';
        return true;
    }
  }

  #bsd(letter: string, rest: string): boolean {
    if (this.style === 'plain') this.style = 'bsd';
    switch (letter) {
      case 'a':
      case 'x':
        this.all = true;
        return false;
      case 'u':
        this.style = 'bsdUser';
        return false;
      case 'l':
        this.style = 'bsdLong';
        return false;
      case 'f':
        this.forest = true;
        return false;
      case 'H':
        this.threads = true;
        return false;
      case 'h':
        this.header = false;
        return false;
      case 'w':
        return false;
      case 'o':
        this.#format(this.#value(rest, 'o'));
        return true;
      case 'p':
        this.#pids(this.#value(rest, 'p'));
        return true;
      default:
        this.error = 'unsupported option (BSD syntax)';
        return true;
    }
  }

  #long(arg: string): void {
    const [name, inline] = split(arg.slice(2), '=');
    const value = (): string => (inline !== null ? inline : this.#value('', name));
    switch (name) {
      case 'pid':
        return this.#pids(value());
      case 'ppid':
        return this.#parents(value());
      case 'user':
      case 'User':
        return this.#users(value());
      case 'format':
        return this.#format(value());
      case 'sort':
        return this.#sortKeys(value());
      case 'deselect':
        this.deselect = true;
        return;
      case 'forest':
        this.forest = true;
        return;
      case 'no-headers':
      case 'no-heading':
        this.header = false;
        return;
      case 'headers':
        return;
      case 'cols':
      case 'columns':
      case 'width':
      case 'rows':
        value();
        return;
      default:
        this.error = 'unknown gnu long option';
    }
  }

  #value(rest: string, name: string): string {
    if (rest !== '') return rest;
    const next = this.#args.shift();
    if (next !== undefined) return next;
    this.error = name === 'o' ? 'format specification must follow -o' : `list of process IDs must follow -${name}`;
    return '';
  }

  #numbers(list: string): number[] {
    const words = list.split(/[ ,]+/).filter((word) => word !== '');
    if (words.length === 0 || words.some((word) => !/^\d+$/.test(word))) this.error = 'process ID list syntax error';
    return words.map(Number);
  }

  #pids(list: string): void {
    const pids = this.#numbers(list);
    this.selectors.push((e) => pids.includes(e.tgid));
  }

  #parents(list: string): void {
    const pids = this.#numbers(list);
    this.selectors.push((e) => pids.includes(e.ppid));
  }

  #names(list: string): void {
    const names = list.split(',');
    this.selectors.push((e) => names.includes(e.comm) || names.includes(e.comm.slice(0, 15)));
  }

  #users(list: string): void {
    const users = list.split(',').map((user) => (user === 'root' ? 0 : Number(user)));
    if (users.some((uid) => Number.isNaN(uid))) this.error = 'user name does not exist';
    this.selectors.push((e) => users.includes(e.uid));
  }

  /** Columns: `pid,comm`, `wchan:20`, `pid=,comm=`, `comm=NAME`. A header that is not empty goes on to the end. */
  #format(text: string): void {
    let rest = text;
    while (rest !== '') {
      const [, name, assigned, after] = /^[ ,]*([^ ,=]*)(=?)(.*)$/.exec(rest)!;
      rest = assigned === '' || after === '' || after!.startsWith(',') ? after! : '';
      if (name === '') continue;
      this.#add(name!, assigned === '' ? null : after!.startsWith(',') ? '' : after!);
    }
    if (this.columns.length === 0 && this.error === '') this.error = 'improper format list';
  }

  /** @param header null: the column's own */
  #add(name: string, header: string | null): void {
    const column = this.#column(name);
    if (column === null) return;
    const text = header ?? column.header;
    this.headersGiven += Number(text !== '');
    this.columns.push({ ...column, header: text, width: Math.max(column.width, text.length) });
  }

  #column(spec: string): PsColumn | null {
    const [name, width] = split(spec, ':');
    const column = PS_COLUMNS.get(name);
    if (column === undefined) {
      this.error = `unknown user-defined format specifier "${spec}"`;
      return null;
    }
    return width === null ? column : { ...column, width: Number(width) };
  }

  #sortKeys(text: string): void {
    for (const key of text.split(',')) {
      const column = PS_COLUMNS.get(key.replace(/^[+-]/, ''));
      if (column === undefined) this.error = 'unknown sort specifier';
      else this.sort.push({ column, descending: key.startsWith('-') });
    }
  }

  /** The columns of the chosen format. */
  styleColumns(): PsColumn[] {
    const names = STYLES[this.style].split(' ');
    if (this.threads) {
      names.splice(names.indexOf(this.style === 'plain' || this.style === 'bsd' ? 'pid' : 'ppid') + 1, 0, 'lwp');
      const c = names.indexOf('c');
      if (c >= 0 && this.style !== 'long') names.splice(c + 1, 0, 'nlwp');
    }
    return names.map((name) =>
      name === 'uid_name' ? { ...PS_COLUMNS.get('user')!, header: 'UID' } : PS_COLUMNS.get(name)!,
    );
  }
}

/** Read the arguments of ps. @returns what was asked for, or what is wrong with it */
export function parsePsArguments(args: readonly string[]): PsRequest | string {
  const p = new Parser(args);
  p.parse();
  if (p.error !== '') return p.error;
  const own = p.columns.length > 0;
  return {
    columns: own ? p.columns : p.styleColumns(),
    header: p.header && (!own || p.headersGiven > 0),
    all: p.all && p.selectors.length === 0,
    selectors: p.selectors,
    deselect: p.deselect,
    threads: p.threads,
    forest: p.forest,
    sort: p.sort,
  };
}

/** What is before and behind the first separator; null behind if there is none. */
function split(text: string, separator: string): [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
