import { isEvent, SCHED_SWITCH, type SchedSwitchFields, type TraceEvent } from '@kernel-model/trace';
import { secondsText } from './c-text.ts';
import { nameOf, PerfThreads, type NameSource, type PerfThread } from './threads.ts';

/** How {@link SchedMap} draws. */
export interface MapOptions {
  /** Default `kernel`. */
  readonly names?: NameSource;
  /**
   * Columns at the start; default 2. A CPU with a higher number makes it that number, so that the last CPU has no
   * column, as in perf, which begins with the CPUs of the machine that it runs on itself.
   */
  readonly cpus?: number;
}

/** A switch, with the short names of the tasks on all CPUs. */
export interface MapRow {
  readonly atNs: number;
  readonly cpu: number;
  /** For each column the short name of who runs there: a letter and a digit, `.` if idle, null if it is not known. */
  readonly running: readonly (string | null)[];
  /** The task that comes, if its short name is new or it has another name than before. */
  readonly named: { readonly short: string; readonly comm: string; readonly tid: number } | null;
}

const LETTERS = 26;
const NAMES = 260;

/** Who runs where, as `perf sched map` of Linux 6.12 draws it. */
export class SchedMap {
  readonly #threads: PerfThreads;
  readonly #shorts = new Map<PerfThread, string>();
  readonly #running: (string | undefined)[] = [];
  // rows from the first one on that names a task whose name is not known yet
  #waiting: { row: MapRow; thread: PerfThread | null }[] = [];
  #columns: number;
  #nextShort = 0;

  constructor({ names = 'kernel', cpus = 2 }: MapOptions = {}) {
    this.#threads = new PerfThreads(names, false);
    this.#columns = cpus;
  }

  /** Look at the next event. @returns the rows that are complete now, in order */
  take(event: TraceEvent): readonly MapRow[] {
    this.#threads.take(event);
    if (isEvent(event, SCHED_SWITCH)) this.#switch(event);
    return this.#ready(false);
  }

  /** Events of this CPU are missing here: nobody knows who runs there. */
  gap(cpu: number): void {
    this.#running[cpu] = undefined;
  }

  /** The rows that are left at the end. */
  end(): readonly MapRow[] {
    return this.#ready(true);
  }

  #switch({ at, cpu, fields }: TraceEvent<SchedSwitchFields>): void {
    if (cpu > this.#columns) this.#columns = cpu;
    const thread = this.#threads.get(fields.next_pid);
    const known = this.#shorts.get(thread);
    const short = known ?? this.#shortName(thread);
    this.#running[cpu] = short;
    const named = known === undefined || thread.renamed;
    thread.renamed = false;
    const row: MapRow = {
      atNs: at,
      cpu,
      running: Array.from({ length: this.#columns }, (_, i) => this.#running[i] ?? null),
      named: named ? { short, comm: nameOf(thread), tid: thread.tid } : null,
    };
    this.#waiting.push({ row, thread: named && thread.comm === null ? thread : null });
  }

  #ready(all: boolean): MapRow[] {
    const rows: MapRow[] = [];
    while (this.#waiting.length > 0) {
      const { row, thread } = this.#waiting[0]!;
      // the name in /proc of a worker is longer than what the kernel's events call it
      if (!all && thread !== null && thread.comm === null && thread.called.startsWith('kworker/')) break;
      this.#waiting.shift();
      rows.push(thread === null ? row : { ...row, named: { ...row.named!, comm: nameOf(thread) } });
    }
    return rows;
  }

  #shortName(thread: PerfThread): string {
    const n = this.#nextShort;
    if (thread.tid !== 0) this.#nextShort = (n + 1) % NAMES;
    const short = thread.tid === 0 ? '.' : String.fromCharCode(65 + (n % LETTERS)) + Math.floor(n / LETTERS);
    this.#shorts.set(thread, short);
    return short;
  }
}

/** The line of a row, with its newline. */
export function formatMapRow({ atNs, cpu, running, named }: MapRow): string {
  const cells = running.map((short, i) => (i === cpu ? '*' : ' ') + (short ?? '').padEnd(2) + ' ').join('');
  const name = named === null ? '' : `${named.short.padEnd(2)} => ${named.comm}:${named.tid}`;
  return `  ${cells}  ${secondsText(atNs).padStart(12)} secs ${name}\n`;
}
