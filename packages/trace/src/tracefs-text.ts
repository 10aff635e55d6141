import type { EventDef } from './event-def.ts';
import { flagsText } from './flags.ts';
import { AT, COMM, CPU, EVENT, FLAGS, PID, VALUES, type RecordSink } from './record.ts';
import type { RecordList } from './ring.ts';
import type { StringTable } from './string-table.ts';
import type { TraceEvent } from './trace-event.ts';
import type { TraceHub } from './trace-hub.ts';
import type { TraceSelection } from './trace-selection.ts';

const LEGEND = `#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;
const PIECE = 1 << 16;
/** Places of a cache of texts: the same few tasks wake and switch to each other again and again. */
const CACHE_SIZE = 256;

/** Where text goes, piece by piece. */
export interface TextOutput {
  /** Take the next piece. */
  write(text: string): void;
}

/**
 * The head of a tracefs `trace` file.
 * @param entries number of events that follow
 * @param written number of events that were recorded, overwritten ones included
 * @param nrCpus number of CPUs online
 * @linux kernel/trace/trace.c print_lat_help_header()
 */
export function traceHeader(entries: number, written: number, nrCpus: number): string {
  return `# tracer: nop\n#\n# entries-in-buffer/entries-written: ${entries}/${written}   #P:${nrCpus}\n${LEGEND}`;
}

/** One line of a tracefs `trace` file, without its newline. @linux kernel/trace/trace_output.c trace_print_context() */
export function traceLine(event: TraceEvent): string {
  const { at, cpu, pid, comm, flags, name, text } = event;
  return `${lineHead(comm, pid, cpu)}${flagsText(flags)} ${seconds(at).padStart(12)}: ${name}: ${text}`;
}

/** The content of a tracefs `trace` file with these events. The number of CPUs is worked out if it is not given. */
export function formatTrace(events: Iterable<TraceEvent>, nrCpus?: number): string {
  const lines: string[] = [];
  let last = 0;
  for (const event of events) {
    lines.push(traceLine(event) + '\n');
    if (event.cpu > last) last = event.cpu;
  }
  return traceHeader(lines.length, lines.length, nrCpus ?? last + 1) + lines.join('');
}

/** Write the records of a ring or a recorder as the content of a tracefs `trace` file, in pieces of about 64 KiB. */
export function writeTrace(records: RecordList, nrCpus: number, out: TextOutput): void {
  out.write(traceHeader(records.count, records.written, nrCpus));
  writeTraceLines(records, out);
}

/** {@link writeTrace} without the head. */
export function writeTraceLines(records: RecordList, out: TextOutput): void {
  const lines = new LineWriter(records.hub, out);
  records.forEach((data, offset) => {
    lines.add(data, offset);
    lines.endPiece();
  });
  lines.end();
}

/**
 * Writes the events of a hub as they come, between steps in pieces of 64 KiB or more, without a head: as tracefs
 * `trace_pipe` does. The head names the number of events and is known at the end only, from {@link header}.
 */
export class TracefsTextSink implements RecordSink {
  /** Number of events written. */
  count = 0;
  /** A record is only turned into text. */
  readonly immediate: boolean = true;
  /** No record is kept. */
  readonly keeps: number = 0;
  readonly #lines: LineWriter;
  readonly #detach: () => void;

  /** @param selection which events; default: every one */
  constructor(hub: TraceHub, out: TextOutput, selection: TraceSelection | null = null) {
    this.#lines = new LineWriter(hub, out);
    this.#detach = hub.attach(this, selection);
  }

  /** Write a record; called by the hub. */
  take(data: Float64Array, offset: number): void {
    this.count++;
    this.#lines.add(data, offset);
  }

  /** Write what has come together, if it is enough; called by the hub. */
  stepOver(): void {
    this.#lines.endPiece();
  }

  /** Write what is left and take in no more. */
  end(): void {
    this.#detach();
    this.#lines.end();
  }

  /** The head of a `trace` file with what was written. */
  header(nrCpus: number): string {
    return traceHeader(this.count, this.count, nrCpus);
  }
}

/** Makes lines of records; those parts that come again and again are made once. */
class LineWriter {
  readonly #hub: TraceHub;
  readonly #out: TextOutput;
  // CACHE_SIZE heads of lines that were made last, and the CPU, the task and the flags that they were made of
  readonly #heads: string[] = new Array<string>(CACHE_SIZE).fill('');
  readonly #madeOf: Float64Array = new Float64Array(4 * CACHE_SIZE).fill(-1);
  readonly #texts: (TextCache | undefined)[] = [];
  // the instant of the last line, and its text
  #us = -1;
  #ms = -1;
  #msText = '';
  #time = '';
  #text = '';

  constructor(hub: TraceHub, out: TextOutput) {
    this.#hub = hub;
    this.#out = out;
  }

  add(data: Float64Array, offset: number): void {
    this.#text += this.#head(data, offset) + this.#at(data[offset + AT]!) + this.#event(data, offset);
  }

  /** Write the text if it is long enough. */
  endPiece(): void {
    if (this.#text.length >= PIECE) this.end();
  }

  end(): void {
    if (this.#text !== '') this.#out.write(this.#text);
    this.#text = '';
  }

  /** `seconds(atNs)` between its blanks. Several events come in one microsecond, and many in one millisecond. */
  #at(atNs: number): string {
    const us = Math.floor((atNs + 500) / 1000);
    if (us === this.#us) return this.#time;
    this.#us = us;
    const ms = Math.floor(us / 1000);
    if (ms !== this.#ms) {
      this.#ms = ms;
      const second = Math.floor(ms / 1000);
      this.#msText = ` ${String(second).padStart(5)}.${THREE_DIGITS[ms - second * 1000]!}`;
    }
    return (this.#time = this.#msText + LAST_DIGITS[us - ms * 1000]!);
  }

  /** Name and text of an event. */
  #event(data: Float64Array, offset: number): string {
    const event = data[offset + EVENT]!;
    const cache = (this.#texts[event] ??= new TextCache(this.#hub.def(event), this.#hub.strings));
    return cache.text(data, offset + VALUES);
  }

  #head(data: Float64Array, offset: number): string {
    const cpu = data[offset + CPU]!;
    const pid = data[offset + PID]!;
    const comm = data[offset + COMM]!;
    const flags = data[offset + FLAGS]!;
    const place = (pid + 61 * cpu) & (CACHE_SIZE - 1);
    const made = this.#madeOf;
    const o = 4 * place;
    if (made[o] !== cpu || made[o + 1] !== pid || made[o + 2] !== comm || made[o + 3] !== flags) {
      made[o] = cpu;
      made[o + 1] = pid;
      made[o + 2] = comm;
      made[o + 3] = flags;
      this.#heads[place] = lineHead(pid === 0 ? '<idle>' : this.#hub.text(comm), pid, cpu) + flagsText(flags);
    }
    return this.#heads[place]!;
  }
}

const THREE_DIGITS: readonly string[] = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'));
/** The last digits of an instant, and what follows them. */
const LAST_DIGITS: readonly string[] = THREE_DIGITS.map((digits) => `${digits}: `);

/** The texts of one tracepoint that were made last: the same few tasks wake and switch to each other again and again. */
class TextCache {
  readonly #def: EventDef;
  readonly #strings: StringTable;
  // CACHE_SIZE texts, and the values that they were made of
  readonly #texts: (string | undefined)[] = new Array<string | undefined>(CACHE_SIZE).fill(undefined);
  readonly #values: Float64Array;

  constructor(def: EventDef, strings: StringTable) {
    this.#def = def;
    this.#strings = strings;
    this.#values = new Float64Array(CACHE_SIZE * Math.max(def.fields.length, 1));
  }

  /** The name, the text and the newline of an event whose values begin at `data[offset]`. */
  text(data: Float64Array, offset: number): string {
    const n = this.#def.fields.length;
    const values = this.#values;
    let hash = 0;
    for (let i = 0; i < n; i++) hash = (Math.imul(hash, 31) + data[offset + i]!) | 0;
    const place = (hash ^ (hash >>> 8)) & (CACHE_SIZE - 1);
    let text = this.#texts[place];
    let same = text !== undefined;
    for (let i = 0; same && i < n; i++) same = values[place * n + i] === data[offset + i];
    if (same) return text!;
    for (let i = 0; i < n; i++) values[place * n + i] = data[offset + i]!;
    text = `${this.#def.name}: ${this.#def.print(data, offset, this.#strings)}\n`;
    return (this.#texts[place] = text);
  }
}

function lineHead(comm: string, pid: number, cpu: number): string {
  return `${comm.padStart(16)}-${String(pid).padEnd(7)} [${String(cpu).padStart(3, '0')}] `;
}

/** An instant as seconds with six digits, rounded to the nearest microsecond. */
function seconds(atNs: number): string {
  const us = Math.floor((atNs + 500) / 1000);
  const s = Math.floor(us / 1e6);
  return s + '.' + String(us - s * 1e6 + 1e6).slice(1);
}
