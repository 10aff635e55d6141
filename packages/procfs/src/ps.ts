import type { ProcFiles } from './files.ts';
import { psEntries, type PsEntry } from './ps-entry.ts';
import { PS_COLUMNS, type PsClock, type PsColumn } from './ps-columns.ts';
import { KIB_PER_PAGE } from './task-memory.ts';
import { parsePsArguments, type PsRequest } from './ps-options.ts';

/** What a command leaves. */
export interface CommandResult {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/**
 * The command ps, as procps prints it into a pipe. Tasks have no terminals: without a selection there is only the shell.
 * @param args as a shell would give them: ['-eo', 'pid,comm']
 * @param shellPid the process that ps without a selection shows
 */
export function ps(files: ProcFiles, args: readonly string[], shellPid = 0): CommandResult {
  const request = parsePsArguments(args);
  if (typeof request === 'string') return { status: 1, out: '', err: `error: ${request}\n${USAGE}` };
  const pages = files.memory.zones.reduce((sum, zone) => sum + zone.managed, 0);
  const clock = { bootTimeS: files.bootTimeS, uptimeS: files.s.sim.now / 1e9, memoryKiB: pages * KIB_PER_PAGE };
  const rows = select(psEntries(files.s), request, shellPid);
  if (request.sort.length > 0) rows.sort((a, b) => compare(a, b, request, clock));
  const ordered = request.forest ? forest(rows) : rows.map((entry) => ({ entry, prefix: '' }));
  const lines = ordered.map(({ entry, prefix }) => line(request.columns, (c) => cell(c, entry, clock, prefix)));
  if (request.header) lines.unshift(line(request.columns, (c) => c.header));
  return { status: rows.length === 0 ? 1 : 0, out: lines.map((text) => `${text}\n`).join(''), err: '' };
}

const USAGE = '\nUsage:\n ps [options]\n\n For more details see ps(1).\n';

/** What ps prints for these entries, header included. @param columns or their names as of ps -o @throws RangeError for a name that is none */
export function formatPs(entries: readonly PsEntry[], columns: readonly (string | PsColumn)[], clock: PsClock): string {
  const chosen = columns.map((column) => (typeof column === 'string' ? columnOf(column) : column));
  const lines = entries.map((entry) => line(chosen, (c) => cell(c, entry, clock, '')));
  return [line(chosen, (c) => c.header), ...lines].map((text) => `${text}\n`).join('');
}

function columnOf(name: string): PsColumn {
  const column = PS_COLUMNS.get(name);
  if (column === undefined) throw new RangeError(`ps has no column ${name}`);
  return column;
}

function cell(column: PsColumn, entry: PsEntry, clock: PsClock, prefix: string): string {
  const value = column.value(entry, clock);
  return prefix !== '' && COMMANDS.includes(column.header) ? prefix + value : value;
}

const COMMANDS: readonly string[] = ['COMMAND', 'CMD'];

function line(columns: readonly PsColumn[], text: (column: PsColumn) => string): string {
  let out = '';
  columns.forEach((column, i) => {
    const last = i === columns.length - 1;
    const value = text(column);
    if (column.align === 'right') out += value.padStart(column.width);
    else if (last) out += value;
    else out += (column.cut ? value.slice(0, column.width) : value).padEnd(column.width);
    if (!last) out += ' ';
  });
  return out;
}

function select(entries: readonly PsEntry[], request: PsRequest, shellPid: number): PsEntry[] {
  const wanted = entries.filter((e) => request.threads || e.pid === e.tgid);
  if (request.selectors.length === 0) return wanted.filter((e) => request.all || e.pid === shellPid);
  const chosen = (e: PsEntry): boolean => request.all || request.selectors.some((selects) => selects(e));
  return wanted.filter((e) => chosen(e) !== request.deselect);
}

function compare(a: PsEntry, b: PsEntry, request: PsRequest, clock: PsClock): number {
  for (const { column, descending } of request.sort) {
    const [x, y] = [column.value(a, clock), column.value(b, clock)];
    const [m, n] = [Number(x), Number(y)];
    const order = Number.isNaN(m) || Number.isNaN(n) ? (x < y ? -1 : Number(x > y)) : m - n;
    if (order !== 0) return descending ? -order : order;
  }
  return a.pid - b.pid;
}

interface Placed {
  readonly entry: PsEntry;
  readonly prefix: string;
}

/** Children behind their parents, indented. */
function forest(entries: readonly PsEntry[]): Placed[] {
  const placed: Placed[] = [];
  const visit = (entry: PsEntry, depth: number, more: readonly boolean[]): void => {
    const stem = more.map((m) => (m ? ' |  ' : '    ')).join('');
    placed.push({ entry, prefix: depth === 0 ? '' : `${stem} \\_ ` });
    const children = entries.filter((e) => e.ppid === entry.pid && e.pid !== entry.pid);
    const below = depth === 0 ? [] : [...more, hasNext(entries, entry)];
    for (const child of children) visit(child, depth + 1, below);
  };
  for (const entry of entries) if (!entries.some((e) => e.pid === entry.ppid)) visit(entry, 0, []);
  return placed;
}

/** Does a sibling come after the entry? */
function hasNext(entries: readonly PsEntry[], entry: PsEntry): boolean {
  return entries.some((e) => e.ppid === entry.ppid && e.pid > entry.pid);
}
