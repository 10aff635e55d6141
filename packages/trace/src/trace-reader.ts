import { parsePerfLine, parseTraceCmdLine, parseTracefsLine } from './line-formats.ts';
import type { ReadTraceEvent } from './read-event.ts';

/** Text formats of traces. */
export type TraceFormat = 'tracefs' | 'trace-cmd' | 'perf';

/** A line that could not be read. */
export interface TraceReadError {
  /** Number of the line, from 1. */
  readonly line: number;
  /** Its text. */
  readonly text: string;
}

/** Events that the recording tool lost. */
export interface LostEvents {
  /** Number of the line that says so, from 1. */
  readonly line: number;
  readonly cpu: number;
  /** How many; null if the tool does not know. */
  readonly count: number | null;
}

const LOST = /^CPU:(\d+) \[(?:LOST (?:(\d+) )?EVENTS|(?:(\d+) )?EVENTS DROPPED)\]/;
const STARTED = /^#+ CPU \d+ buffer started #+/;
const CONTINUATION = /^\s*(?:=> |<stack trace>)/;
const PARSERS = { tracefs: parseTracefsLine, 'trace-cmd': parseTraceCmdLine, perf: parsePerfLine };

/** Reads a trace line by line; for a file that is too long to be kept as one text. */
export class TraceReader {
  /** Lines that could not be read, in order; at most {@link maxErrors}. */
  readonly errors: TraceReadError[] = [];
  /** Number of lines that could not be read. */
  nrErrors = 0;
  /** Where the recording has holes. */
  readonly lost: LostEvents[] = [];
  /** Number of CPUs that are said to start later than the first, because older events of theirs were overwritten. */
  nrStarted = 0;
  /** Number of CPUs that the head of the file names; 0 if it does not. */
  nrCpus = 0;
  /** Events in the file and events recorded, as the head says; null without it. */
  entries: { readonly inBuffer: number; readonly written: number } | null = null;
  /** Number of lines read. */
  lines = 0;
  #format: TraceFormat | null;

  /**
   * @param format the format; found out from the first lines if it is not given
   * @param maxErrors errors to keep
   */
  constructor(
    format: TraceFormat | null = null,
    readonly maxErrors: number = 100,
  ) {
    this.#format = format;
  }

  /** The format, null as long as it is not known. */
  get format(): TraceFormat | null {
    return this.#format;
  }

  /** Read one line, given without its newline. @returns its event, null if it has none */
  line(text: string): ReadTraceEvent | null {
    this.lines++;
    const line = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (line === '' || this.#comment(line)) return null;
    const event = this.#event(line);
    if (event === null) this.#error(line);
    return event;
  }

  #event(line: string): ReadTraceEvent | null {
    if (this.#format !== null) return PARSERS[this.#format](line);
    const event = parseTracefsLine(line);
    if (event !== null) {
      this.#format = 'tracefs';
      return event;
    }
    const perf = parsePerfLine(line);
    if (perf !== null) this.#format = 'perf';
    return perf;
  }

  #comment(line: string): boolean {
    if (line.startsWith('#')) {
      if (STARTED.test(line)) this.nrStarted++;
      else this.#head(line);
      return true;
    }
    if (line.startsWith('cpus=')) {
      this.nrCpus = Number(line.slice(5));
      this.#format ??= 'trace-cmd';
      return true;
    }
    const lost = LOST.exec(line);
    if (lost !== null) {
      const count = lost[2] ?? lost[3];
      this.lost.push({ line: this.lines, cpu: Number(lost[1]), count: count === undefined ? null : Number(count) });
      return true;
    }
    return CONTINUATION.test(line);
  }

  #head(line: string): void {
    const entries = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+) +#P:(\d+)/.exec(line);
    if (entries === null) return;
    this.entries = { inBuffer: Number(entries[1]), written: Number(entries[2]) };
    this.nrCpus = Number(entries[3]);
    this.#format ??= 'tracefs';
  }

  #error(text: string): void {
    this.nrErrors++;
    if (this.errors.length < this.maxErrors) this.errors.push({ line: this.lines, text });
  }
}

/** A trace that was read. */
export interface ParsedTrace {
  /** The events in the order of the file. */
  readonly events: readonly ReadTraceEvent[];
  /** Lines that could not be read; the first 100. */
  readonly errors: readonly TraceReadError[];
  /** Number of lines that could not be read. */
  readonly nrErrors: number;
  /** Where the recording has holes. */
  readonly lost: readonly LostEvents[];
  /** Number of CPUs: what the head says, or one more than the highest that an event names. */
  readonly nrCpus: number;
  /** The format, null if there is no event. */
  readonly format: TraceFormat | null;
}

/**
 * Read the text of a tracefs `trace` file, of `trace-cmd report`, or of `perf script`. Bad lines are skipped and listed.
 * @param format the format; found out if it is not given
 */
export function readTrace(text: string, format: TraceFormat | null = null): ParsedTrace {
  const reader = new TraceReader(format);
  const events: ReadTraceEvent[] = [];
  let lastCpu = -1;
  for (let from = 0; from < text.length;) {
    let to = text.indexOf('\n', from);
    if (to < 0) to = text.length;
    const event = reader.line(text.slice(from, to));
    if (event !== null) {
      events.push(event);
      if (event.cpu > lastCpu) lastCpu = event.cpu;
    }
    from = to + 1;
  }
  const { errors, nrErrors, lost, format: found } = reader;
  return { events, errors, nrErrors, lost, nrCpus: reader.nrCpus || lastCpu + 1, format: found };
}
