import { parsePerfLine, parseTraceCmdLine, parseTracefsLine } from './line-formats.ts';
import {
  foreignFormat,
  isRemark,
  lostText,
  parseLost,
  parseStarted,
  type LostEvents,
  type TraceHole,
} from './other-lines.ts';
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

/** Bad lines that are looked at for the reason. */
const BEGINNING = 10;
const PARSERS = { tracefs: parseTracefsLine, 'trace-cmd': parseTraceCmdLine, perf: parsePerfLine };

/** Reads a trace line by line; for a file that is too long to be kept as one text. */
export class TraceReader {
  /** Lines that could not be read, in order; at most {@link maxErrors}. */
  readonly errors: TraceReadError[] = [];
  /** Number of lines that could not be read. */
  nrErrors = 0;
  /** Number of events of which only the name could be read, because their text is not that of any known kernel. */
  nrUnknown = 0;
  /** The line of the first of them, from 1; 0 if there is none. */
  firstUnknown = 0;
  /** What the recording lost. */
  readonly lost: LostEvents[] = [];
  /**
   * The holes of the recording, in order: events that were lost, and older ones that were overwritten before the first
   * that is left. What was known of the CPU holds no more.
   */
  readonly holes: TraceHole[] = [];
  /** What to do about a file of which nothing could be read, a clause; null if that is not known. */
  advice: string | null = null;
  /** Number of CPUs that the head of the file names; 0 if it does not. */
  nrCpus = 0;
  /** Events in the file and events recorded, as the head says; null without it. */
  entries: { readonly inBuffer: number; readonly written: number } | null = null;
  /** Number of lines read. */
  lines = 0;
  #format: TraceFormat | null;
  #html = false;

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
    const line = bare(text, this.lines === 1);
    if (line.startsWith('#')) {
      this.#comment(line);
      return null;
    }
    const event = this.#event(line);
    if (event === null) this.#other(line);
    else if (!event.known) {
      this.nrUnknown++;
      this.firstUnknown ||= this.lines;
    }
    return event;
  }

  #event(line: string): ReadTraceEvent | null {
    if (this.#format !== null) return PARSERS[this.#format](line);
    // the more demanding pattern first: a task that perf does not know is called :-1
    const perf = parsePerfLine(line);
    if (perf !== null) {
      this.#format = 'perf';
      return perf;
    }
    const event = parseTracefsLine(line);
    if (event !== null) this.#format = 'tracefs';
    return event;
  }

  #comment(line: string): void {
    const started = parseStarted(line);
    if (started !== null) this.holes.push(started);
    else this.#head(line);
  }

  #other(line: string): void {
    if (line.startsWith('cpus=')) {
      this.nrCpus = Number(line.slice(5));
      this.#format ??= 'trace-cmd';
      return;
    }
    const lost = parseLost(line);
    if (lost !== null) {
      this.lost.push({ line: this.lines, ...lost });
      this.holes.push({ cpu: lost.cpu, text: lostText(lost) });
    } else if (/^<!DOCTYPE html/i.test(line)) this.#html = true;
    // a systrace is a page with the trace in it, and much else
    else if (!this.#html && !isRemark(line)) this.#error(line);
  }

  #head(line: string): void {
    if (line.startsWith('# tracer: ')) this.#format ??= 'tracefs';
    else this.advice ??= foreignFormat(line);
    const entries = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+) +#P:(\d+)/.exec(line);
    if (entries === null) return;
    this.entries = { inBuffer: Number(entries[1]), written: Number(entries[2]) };
    this.nrCpus = Number(entries[3]);
    this.#format ??= 'tracefs';
  }

  #error(text: string): void {
    if (this.nrErrors < BEGINNING) this.advice ??= foreignFormat(text);
    this.nrErrors++;
    if (this.errors.length < this.maxErrors) this.errors.push({ line: this.lines, text });
  }
}

/** A line without the carriage return of Windows, and the first without the mark that begins its files. */
function bare(text: string, first: boolean): string {
  const line = text.endsWith('\r') ? text.slice(0, -1) : text;
  return first && line.startsWith('\ufeff') ? line.slice(1) : line;
}

/** A trace that was read. */
export interface ParsedTrace {
  /** The events in the order of the file. */
  readonly events: readonly ReadTraceEvent[];
  /** Lines that could not be read; the first 100. */
  readonly errors: readonly TraceReadError[];
  /** Number of lines that could not be read. */
  readonly nrErrors: number;
  /** Number of events whose text is not that of any known kernel: they have no fields. */
  readonly nrUnknown: number;
  /** What the recording lost. */
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
  const { errors, nrErrors, nrUnknown, lost, format: found } = reader;
  return { events, errors, nrErrors, nrUnknown, lost, nrCpus: reader.nrCpus || lastCpu + 1, format: found };
}
