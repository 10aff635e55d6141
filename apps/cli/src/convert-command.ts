import { InputError } from '@kernel-model/runner';
import {
  kernelText,
  traceHeader,
  traceLine,
  writeChromeJson,
  writePerfetto,
  type ReadTraceEvent,
  type TraceEvent,
} from '@kernel-model/trace';
import type { CliIo } from './io.ts';
import { STDOUT } from './output.ts';
import { OutputFile } from './output-file.ts';
import { Pieces, type Sink } from './pieces.ts';
import { STATUS_OK } from './status.ts';
import { TraceInput } from './trace-input.ts';

/** Formats that `kmodel convert` writes. */
export const CONVERT_FORMATS = ['perfetto', 'chrome', 'ftrace'] as const;

/** Options of `kmodel convert`. */
export interface ConvertCommandOptions {
  readonly to: (typeof CONVERT_FORMATS)[number];
  /** A file; none or `-` for standard output. */
  readonly output?: string;
}

/** Write a trace in another format. @returns the exit status */
export function convertCommand(trace: string, { to, output = STDOUT }: ConvertCommandOptions, io: CliIo): number {
  if (output === '') throw new InputError('--output takes the name of a file, or - for standard output.');
  if (output === STDOUT && to === 'perfetto' && io.stdout.isTTY === true) {
    throw new InputError('A Perfetto trace is no text for a terminal: give -o FILE.');
  }
  const input = new TraceInput(trace, io);
  if (output === STDOUT) {
    convert(trace, input, to, io.stdout, io);
    return STATUS_OK;
  }
  const file = new OutputFile(output);
  try {
    convert(trace, input, to, file, io);
  } catch (error) {
    file.abandon();
    throw error;
  }
  file.end();
  return STATUS_OK;
}

function convert(trace: string, input: TraceInput, to: ConvertCommandOptions['to'], sink: Sink, io: CliIo): void {
  const out = new Pieces(sink);
  const holes = new Set<number>();
  const withHoles = (): Generator<ReadTraceEvent> => input.events((cpu) => holes.add(cpu));
  if (to === 'perfetto') writePerfetto(withHoles(), out, holes);
  else if (to === 'chrome') writeChromeJson(input.events(), out);
  else writeTracefs(trace, input, out, io);
  out.end();
}

/** The head of a tracefs trace names the number of events, so a file is read twice; a pipe is kept. */
function writeTracefs(trace: string, input: TraceInput, out: Sink, io: CliIo): void {
  const lines = new TracefsLines(input);
  const kept: string[] = [];
  let count = 0;
  let lastCpu = -1;
  for (const event of input.events()) {
    count++;
    lastCpu = Math.max(lastCpu, event.cpu);
    if (trace === STDOUT) kept.push(lines.of(event));
  }
  const { nrCpus, entries } = input.reader;
  out.write(traceHeader(count, entries?.written ?? count, nrCpus || lastCpu + 1));
  if (trace === STDOUT) {
    for (const text of kept) out.write(text);
    return;
  }
  // what the first reading had to say was said
  const silent = { ...io, stderr: { write: (): void => {}, isTTY: io.stderr.isTTY ?? false } };
  const again = new TraceInput(trace, silent);
  const linesAgain = new TracefsLines(again);
  for (const event of again.events()) out.write(linesAgain.of(event));
}

/** The lines of tracefs for the events of an input, and for what is missing before them. */
class TracefsLines {
  readonly #input: TraceInput;
  #told = 0;

  constructor(input: TraceInput) {
    this.#input = input;
  }

  of({ at, cpu, pid, comm, flags, name, fields, text }: ReadTraceEvent): string {
    const { holes } = this.#input.reader;
    const event: TraceEvent = { at, cpu, pid, comm, flags, name, fields, text };
    let lines = '';
    for (; this.#told < holes.length; this.#told++) lines += `${holes[this.#told]!.text}\n`;
    return `${lines}${traceLine({ ...event, text: kernelText(event) })}\n`;
  }
}
