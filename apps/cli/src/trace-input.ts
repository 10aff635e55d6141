import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { collect, type Collector } from '@kernel-model/analysis';
import { InputError } from '@kernel-model/runner';
import { TraceReader, type ReadTraceEvent, type TraceFormat } from '@kernel-model/trace';
import type { CliIo } from './io.ts';
import { Progress } from './progress.ts';
import { systemProblem } from './system-problem.ts';

const STDIN = '-';
const PIECE = 1 << 20;
/** Files from this size on take long enough for somebody to wonder. */
const LARGE = 8 << 20;

/** What begins a file that is no text, and what makes text of it. */
const BINARIES: readonly (readonly [magic: string, advice: string])[] = [
  ['\x17\x08Dtracing', 'a trace.dat; make text of it with: trace-cmd report -N -t FILE'],
  ['PERFILE2', 'a perf.data; make text of it with: perf script --ns -i FILE'],
  ['\x1f\x8b', 'compressed; give me: gzip -dc FILE | kmodel ... -'],
  ['\x28\xb5\x2f\xfd', 'compressed; give me: zstd -dc FILE | kmodel ... -'],
  ['\xfd7zXZ', 'compressed; give me: xz -dc FILE | kmodel ... -'],
  ['TRACE:\n\x78', 'a compressed atrace; record it without -z'],
  ['\xff\xfe', 'text of two bytes a letter; give me: iconv -f UTF-16 -t UTF-8 FILE | kmodel ... -'],
];

/** The clocks of CPUs may be this far apart, in ns. */
const SKEW = 1_000_000;

/**
 * The events of a trace in a file, or of standard input if its name is `-`, read line by line. What could not be read,
 * or is missing, is told on the error stream at the end.
 */
export class TraceInput {
  readonly reader: TraceReader = new TraceReader();
  readonly #name: string;
  readonly #io: CliIo;
  readonly #events: Generator<ReadTraceEvent>;
  readonly #seen = new Set<string>();
  #wanted: readonly (readonly string[])[] = [];
  // the first line whose instant is before that of the line above; 0 if there is none
  #backwards = 0;
  #first: IteratorResult<ReadTraceEvent>;

  /** @throws InputError if it cannot be read, or is no trace */
  constructor(name: string, io: CliIo) {
    this.#name = name;
    this.#io = io;
    this.#events = this.#read();
    this.#first = this.#events.next();
  }

  /** The format; null for a trace without events. */
  get format(): TraceFormat | null {
    return this.reader.format;
  }

  /**
   * Say so at the end if the trace has none of these events.
   * @param events one list for each purpose: one event of it is enough
   */
  want(...events: readonly (readonly string[])[]): this {
    this.#wanted = events;
    return this;
  }

  /**
   * The events, once.
   * @param gap told, between two events, of which CPU events are missing or not understood
   * @throws InputError if the file cannot be read to its end
   */
  *events(gap?: (cpu: number) => void): Generator<ReadTraceEvent> {
    const { holes } = this.reader;
    let told = 0;
    for (let next = this.#first; next.done !== true; next = this.#events.next()) {
      for (; told < holes.length; told++) gap?.(holes[told]!.cpu);
      yield next.value;
      if (!next.value.known) gap?.(next.value.cpu);
    }
  }

  /** The result of an analysis for all events. */
  collect<T>(collector: Collector<T>): T {
    return collect(
      this.events((cpu) => collector.gap?.(cpu)),
      collector,
    );
  }

  *#read(): Generator<ReadTraceEvent> {
    const { reader } = this;
    const progress = new Progress(this.#io.stderr);
    let lastNs = 0;
    for (const line of linesOf(this.#name, progress)) {
      const event = reader.line(line);
      if (event === null) continue;
      this.#seen.add(event.name);
      if (event.at < lastNs - SKEW) this.#backwards ||= reader.lines;
      lastNs = event.at;
      yield event;
    }
    progress.clear();
    if (this.#seen.size === 0 && (reader.nrErrors > 0 || reader.format === null)) throw this.#noTrace();
    this.#tell();
  }

  #noTrace(): InputError {
    const { lines, advice } = this.reader;
    const what =
      lines === 0
        ? 'is empty'
        : `is no trace: none of its ${lines} lines is an event as tracefs, trace-cmd report or perf script print it`;
    return new InputError(`${this.#name}: ${what}${advice === null ? '' : `; ${advice}`}.`);
  }

  #tell(): void {
    const { nrErrors, errors, nrUnknown, firstUnknown, lines, lost } = this.reader;
    const say = (text: string): void => void this.#io.stderr.write(`${this.#name}: ${text}\n`);
    if (nrErrors > 0) {
      const { line, text } = errors[0]!;
      say(`${nrErrors} of ${lines} lines could not be read; the first is line ${line}: ${text.trim().slice(0, 100)}`);
    }
    if (nrUnknown > 0) {
      say(`${nrUnknown} events have texts that are not known, and do not count; the first is line ${firstUnknown}`);
    }
    if (lost.length > 0) {
      const n = lost.reduce((sum, { count }) => sum + (count ?? 0), 0);
      say(`the recording lost ${n || 'some'} events in ${lost.length} places; the first is line ${lost[0]!.line}`);
    }
    if (this.#backwards > 0) {
      say(`line ${this.#backwards} is older than the one above it; if this is several traces, give me them one by one`);
    }
    for (const names of this.#wanted) {
      if (!names.some((name) => this.#seen.has(name))) say(`there is no ${names.join(' or ')} in it: was it recorded?`);
    }
  }
}

/** The lines of a file without their newlines, some at a time. */
function* linesOf(name: string, progress: Progress): Generator<string> {
  const fd = attempt(name, () => (name === STDIN ? 0 : openSync(name, 'r')));
  try {
    const size = attempt(name, () => fstatSync(fd).size);
    const buffer = Buffer.alloc(PIECE);
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for (let at = 0; ;) {
      const n = attempt(name, () => readPiece(fd, buffer));
      if (at === 0) refuseBinary(name, buffer.toString('latin1', 0, Math.min(n, 16)));
      if (n === 0) break;
      at += n;
      if (size >= LARGE) progress.show(`reading ${name}, ${size >> 20} MB`, Math.min(1, at / size));
      const lines = (rest + decoder.write(buffer.subarray(0, n))).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
    rest += decoder.end();
    if (rest !== '') yield rest;
  } finally {
    progress.clear();
    if (fd !== 0) closeSync(fd);
  }
}

/** Number of bytes read, 0 at the end. */
function readPiece(fd: number, buffer: Buffer): number {
  for (;;) {
    try {
      return readSync(fd, buffer, 0, buffer.length, null);
    } catch (error) {
      const { code } = error as { code?: string };
      // an empty pipe whose writer lives, and one whose writer has gone
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function refuseBinary(name: string, start: string): void {
  const found = BINARIES.find(([magic]) => start.startsWith(magic));
  if (found !== undefined) throw new InputError(`${name}: this is ${found[1].replace('FILE', name)}`);
}

function attempt<T>(name: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw new InputError(`${name === '' ? '""' : name}: ${systemProblem(error, 'read')}`);
  }
}
