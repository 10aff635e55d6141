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
  if (to === 'perfetto') writePerfetto(input.events(), out);
  else if (to === 'chrome') writeChromeJson(input.events(), out);
  else writeTracefs(trace, input, out, io);
  out.end();
}

/** The head of a tracefs trace names the number of events, so a file is read twice; a pipe is kept. */
function writeTracefs(trace: string, input: TraceInput, out: Sink, io: CliIo): void {
  const kept: ReadTraceEvent[] = [];
  let count = 0;
  let lastCpu = -1;
  for (const event of input.events()) {
    count++;
    lastCpu = Math.max(lastCpu, event.cpu);
    if (trace === STDOUT) kept.push(event);
  }
  const { nrCpus, entries } = input.reader;
  out.write(traceHeader(count, entries?.written ?? count, nrCpus || lastCpu + 1));
  // what the first reading had to say was said
  const silent = { ...io, stderr: { write: (): void => {}, isTTY: io.stderr.isTTY ?? false } };
  for (const event of trace === STDOUT ? kept : new TraceInput(trace, silent).events()) {
    out.write(`${traceLine(inKernelText(event))}\n`);
  }
}

function inKernelText({ at, cpu, pid, comm, flags, name, fields, text }: ReadTraceEvent): TraceEvent {
  return {
    at,
    cpu,
    pid,
    comm,
    flags,
    name,
    fields,
    text: kernelText({ at, cpu, pid, comm, flags, name, fields, text }),
  };
}
