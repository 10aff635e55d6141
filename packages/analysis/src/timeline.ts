import type { TraceEvent } from '@kernel-model/trace';
import { followTasks, type StretchSink, type TaskDoing } from './task-states.ts';
import { formatSpan, timeAxis } from './time-axis.ts';

/** What a piece of a timeline shows, for a {@link TimelineOptions.paint}. */
export type TimelinePart =
  'axis' | 'label' | 'legend' | 'task' | 'idle' | 'running' | 'runnable' | 'sleeping' | 'parked' | 'dead' | 'unknown';

/** How a timeline is drawn. */
export interface TimelineOptions {
  /** Columns of the picture, without the labels at the left; default 80. */
  readonly width?: number;
  /** Left edge, an instant in ns; default the first event. */
  readonly fromNs?: number;
  /** Right edge; default the last event. */
  readonly toNs?: number;
  /** CPUs to draw, in this order; default all that are seen. */
  readonly cpus?: readonly number[];
  /** Tasks to draw, by pid or by comm, in this order; default all that ran, by pid. */
  readonly tasks?: readonly (number | string)[];
  /** Gives a piece of text its colour; default leaves it as it is. */
  readonly paint?: (text: string, part: TimelinePart) => string;
}

const IDLE = 0;
const NAMES = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const DOING: Readonly<Record<TaskDoing, readonly [char: string, part: TimelinePart]>> = {
  running: ['#', 'running'],
  runnable: ['-', 'runnable'],
  S: ['.', 'sleeping'],
  I: ['.', 'sleeping'],
  D: ['D', 'sleeping'],
  T: ['T', 'sleeping'],
  P: ['P', 'parked'],
  X: [' ', 'dead'],
};
const LEGEND =
  '# running  : ran for less than half of the column  - runnable  . asleep  D uninterruptible  P parked  T stopped';

/**
 * Draw a trace, simulated or real, as text: a lane for each CPU with the letter of who ran there, and a lane for each
 * task with what it did, below an axis of time and above a legend.
 */
export function renderTimeline(events: readonly TraceEvent[], options: TimelineOptions = {}): string {
  if (events.length === 0) return 'no events\n';
  const fromNs = options.fromNs ?? events[0]!.at;
  const toNs = Math.max(options.toNs ?? events.at(-1)!.at, fromNs + 1);
  const picture = new Picture(fromNs, toNs, options.width ?? 80);
  followTasks(events, events[0]!.at, toNs, picture);
  return picture.render(options);
}

/** One column's content: how long what took, in ns. */
type Column<K> = Map<K, number>;

/** A character of the picture. */
interface Cell {
  readonly char: string;
  readonly part: TimelinePart;
}

class Lane<K> {
  readonly columns: (Column<K> | undefined)[] = [];

  add(key: K, column: number, ns: number): void {
    const content = (this.columns[column] ??= new Map<K, number>());
    content.set(key, (content.get(key) ?? 0) + ns);
  }
}

class Picture implements StretchSink {
  readonly #fromNs: number;
  readonly #toNs: number;
  readonly #width: number;
  readonly #cpus = new Map<number, Lane<number>>();
  readonly #tasks = new Map<number, Lane<TaskDoing>>();
  readonly #comms = new Map<number, string>();
  // by pid, since when it is seen running
  readonly #since = new Map<number, number>();
  // by pid, in the order in which tasks are seen running
  #letters: ReadonlyMap<number, string> = new Map<number, string>();

  constructor(fromNs: number, toNs: number, width: number) {
    this.#fromNs = fromNs;
    this.#toNs = toNs;
    this.#width = width;
  }

  ran(cpu: number, pid: number, fromNs: number, toNs: number): void {
    this.#add(laneOf(this.#cpus, cpu), pid, fromNs, toNs);
    if (pid === IDLE || toNs <= this.#fromNs) return;
    const since = Math.max(fromNs, this.#fromNs);
    if (since < (this.#since.get(pid) ?? Infinity)) this.#since.set(pid, since);
  }

  did(pid: number, doing: TaskDoing, fromNs: number, toNs: number): void {
    if (pid !== IDLE) this.#add(laneOf(this.#tasks, pid), doing, fromNs, toNs);
  }

  named(pid: number, comm: string): void {
    this.#comms.set(pid, comm);
  }

  render({ cpus, tasks, paint = (text) => text }: TimelineOptions): string {
    this.#letters = this.#named();
    const shownCpus = cpus ?? [...this.#cpus.keys()].sort((a, b) => a - b);
    const pids = this.#pids(tasks);
    const names = [...shownCpus.map((cpu) => `CPU ${cpu}`), ...pids.map((pid) => this.#name(pid))];
    const margin = Math.max(...names.map((name) => name.length)) + 2;
    const axis = timeAxis(this.#width, this.#toNs - this.#fromNs);
    const lines = axis.map((line) => ' '.repeat(margin) + paint(line, 'axis'));
    const lanes = [
      ...shownCpus.map((cpu) => this.#cells(this.#cpus.get(cpu), (column) => this.#cpuCell(column))),
      ...pids.map((pid) => this.#cells(this.#tasks.get(pid), (column) => this.#taskCell(column))),
    ];
    lanes.forEach((cells, i) => lines.push(paint(names[i]!.padEnd(margin), 'label') + painted(cells, paint)));
    return [...lines, '', ...this.#legend().map((line) => paint(line, 'legend'))].join('\n') + '\n';
  }

  #named(): ReadonlyMap<number, string> {
    const pids = [...this.#since].sort(([pid, since], [other, otherSince]) => since - otherSince || pid - other);
    return new Map(pids.map(([pid], i) => [pid, NAMES[i] ?? '*']));
  }

  #pids(tasks: readonly (number | string)[] | undefined): number[] {
    const known = [...this.#tasks.keys()].sort((a, b) => a - b);
    if (tasks === undefined) return known.filter((pid) => this.#letters.has(pid));
    return tasks.flatMap((task) => known.filter((pid) => pid === task || this.#comms.get(pid) === task));
  }

  #name(pid: number): string {
    return `${this.#letters.get(pid) ?? ' '} ${this.#comms.get(pid) ?? '?'}-${pid}`;
  }

  #cells<K>(lane: Lane<K> | undefined, cell: (column: Column<K>) => Cell): Cell[] {
    const cells: Cell[] = [];
    for (let i = 0; i < this.#width; i++) {
      const column = lane?.columns[i];
      cells.push(column === undefined ? { char: ' ', part: 'unknown' } : cell(column));
    }
    return cells;
  }

  #cpuCell(column: Column<number>): Cell {
    const pid = longest(column, (key) => key !== IDLE);
    return pid === null ? { char: '.', part: 'idle' } : { char: this.#letters.get(pid) ?? '*', part: 'task' };
  }

  #taskCell(column: Column<TaskDoing>): Cell {
    const ran = column.get('running') ?? 0;
    const columnNs = (this.#toNs - this.#fromNs) / this.#width;
    if (ran > 0 && ran < columnNs / 2) return { char: ':', part: 'running' };
    const [char, part] = DOING[ran > 0 ? 'running' : longest(column, () => true)!];
    return { char, part };
  }

  #legend(): string[] {
    const columnNs = (this.#toNs - this.#fromNs) / this.#width;
    return [`a column is ${formatSpan(columnNs)}, the left edge ${(this.#fromNs / 1e9).toFixed(6)} s`, LEGEND];
  }

  #add<K>(lane: Lane<K>, key: K, fromNs: number, toNs: number): void {
    const from = Math.max(fromNs, this.#fromNs);
    const to = Math.min(toNs, this.#toNs);
    if (to <= from) return;
    const columnNs = (this.#toNs - this.#fromNs) / this.#width;
    const first = Math.floor((from - this.#fromNs) / columnNs);
    for (let i = first; i < this.#width; i++) {
      const left = this.#fromNs + i * columnNs;
      if (left >= to) break;
      const ns = Math.min(to, left + columnNs) - Math.max(from, left);
      if (ns > 0) lane.add(key, i, ns);
    }
  }
}

function laneOf<K>(lanes: Map<number, Lane<K>>, key: number): Lane<K> {
  let lane = lanes.get(key);
  if (lane === undefined) lanes.set(key, (lane = new Lane<K>()));
  return lane;
}

/** The key with the longest time, the first of equal ones; null if none is asked for. */
function longest<K>(column: Column<K>, asked: (key: K) => boolean): K | null {
  let best: K | null = null;
  let most = -1;
  for (const [key, ns] of column) {
    if (ns > most && asked(key)) {
      best = key;
      most = ns;
    }
  }
  return best;
}

/** The text of cells, painted in runs of one part. */
function painted(cells: readonly Cell[], paint: (text: string, part: TimelinePart) => string): string {
  let out = '';
  for (let i = 0; i < cells.length;) {
    const { part } = cells[i]!;
    let text = '';
    for (; i < cells.length && cells[i]!.part === part; i++) text += cells[i]!.char;
    out += paint(text, part);
  }
  return out;
}
