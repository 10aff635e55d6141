import type { Machine } from '@kernel-model/machine';
import {
  EVENTS,
  RECORD_SIZE,
  TraceRing,
  TraceSelection,
  TracefsTextSink,
  traceHeader,
  writeTraceLines,
} from '@kernel-model/trace';
import type { TraceOutput } from './trace-output.ts';

/** Bytes that an event takes in the ring buffer of a {@link Recording}. */
export const EVENT_BYTES: number = RECORD_SIZE * Float64Array.BYTES_PER_ELEMENT;

/** What a {@link Recording} keeps. */
export interface RecordingOptions {
  /** Names of the events; the others cost nothing. */
  readonly events: readonly string[];
  /** Keep the last events only, as many as fit into so many bytes: {@link EVENT_BYTES} each. Default: all of them. */
  readonly bufferBytes?: number;
}

/** The trace of one machine, as the text of the tracefs `trace` file. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #selection: TraceSelection;
  readonly #out: TraceOutput | null;
  #recorder: Recorder = { count: 0, finish: () => '' };

  /** @param out where the trace goes, whose lines come in whole pieces; null for nowhere: events are only counted */
  constructor(options: RecordingOptions, out: TraceOutput | null) {
    const names = new Set(options.events);
    this.#options = options;
    this.#selection = new TraceSelection(EVENTS.filter(({ name }) => names.has(name)));
    this.#out = out;
  }

  /** Events so far, also those that a ring buffer has lost. */
  get count(): number {
    return this.#recorder.count;
  }

  /** Record from now on, until the machine is disposed of. */
  begin(machine: Machine): void {
    const { bufferBytes } = this.#options;
    const out = this.#out;
    if (out === null) this.#recorder = new Counter(machine, this.#selection);
    else if (bufferBytes === undefined) this.#recorder = new Streamed(machine, this.#selection, out);
    else this.#recorder = new Buffered(machine, this.#selection, out, Math.floor(bufferBytes / EVENT_BYTES));
  }

  /** Leave out what happens after this instant. */
  end(atNs: number): void {
    this.#selection.untilNs = atNs;
  }

  /** All is recorded: the rest of the trace goes out, and its head. */
  finish(nrCpus: number): void {
    this.#out?.head(this.#recorder.finish(nrCpus));
  }
}

/** One way to keep a trace. */
interface Recorder {
  readonly count: number;
  /** @returns the head of the trace */
  finish(nrCpus: number): string;
}

class Counter implements Recorder {
  count = 0;
  readonly immediate = true;
  readonly keeps = 0;

  constructor({ hub }: Machine, selection: TraceSelection) {
    hub.attach(this, selection);
  }

  take(): void {
    this.count++;
  }

  finish(): string {
    return '';
  }
}

class Streamed implements Recorder {
  readonly #sink: TracefsTextSink;

  constructor({ hub }: Machine, selection: TraceSelection, out: TraceOutput) {
    this.#sink = new TracefsTextSink(hub, out, selection);
  }

  get count(): number {
    return this.#sink.count;
  }

  finish(nrCpus: number): string {
    this.#sink.end();
    return this.#sink.header(nrCpus);
  }
}

class Buffered implements Recorder {
  readonly #ring: TraceRing;
  readonly #out: TraceOutput;

  constructor({ hub }: Machine, selection: TraceSelection, out: TraceOutput, capacity: number) {
    this.#ring = new TraceRing(hub, Math.max(1, capacity), selection);
    this.#out = out;
  }

  get count(): number {
    return this.#ring.written;
  }

  finish(nrCpus: number): string {
    this.#ring.stop();
    writeTraceLines(this.#ring, this.#out);
    return traceHeader(this.#ring.count, this.#ring.written, nrCpus);
  }
}
