import { parseFlags } from './flags.ts';
import { ReadTraceEvent } from './read-event.ts';

// the last `-digits` before `[cpu]` is the pid: a comm may hold anything
const FTRACE =
  /^\s*(.*)-(\d+)\s+(?:\(\s*(?:\d+|-+)\)\s+)?\[(\d+)\]\s+(?:([A-Za-z.][\w.#]{3,5})\s+)?(\d+)\.(\d{6,9}):\s+(?:\(\+\d+\)\s+)?([^\s:]+):( *)(.*)$/;
const PERF = /^\s*(.+?)\s+(?:-?\d+\/)?(-?\d+)\s+\[(\d+)\]\s+(\d+)\.(\d{6,9}):\s+(?:\d+\s+)?([\w.-]+):([\w.-]+): ?(.*)$/;

/** A line of a tracefs `trace` or `trace_pipe` file; null if it is none. */
export function parseTracefsLine(line: string): ReadTraceEvent | null {
  return ftrace(line, false);
}

/** A line of `trace-cmd report`, whose texts are aligned; null if it is none. */
export function parseTraceCmdLine(line: string): ReadTraceEvent | null {
  return ftrace(line, true);
}

/** A line of `perf script`; null if it is none. */
export function parsePerfLine(line: string): ReadTraceEvent | null {
  const match = PERF.exec(line);
  if (match === null) return null;
  const [, comm, pid, cpu, seconds, fraction, , name, text] = match;
  return new ReadTraceEvent(ns(seconds!, fraction!), Number(cpu), Number(pid), commOf(comm!, pid!), 0, name!, text!);
}

function ftrace(line: string, aligned: boolean): ReadTraceEvent | null {
  const match = FTRACE.exec(line);
  if (match === null) return null;
  const [, comm, pid, cpu, flags, seconds, fraction, name, spaces, rest] = match;
  // a text may begin with a space of its own
  const text = aligned ? withoutLatency(rest!) : spaces!.slice(1) + rest!;
  const at = ns(seconds!, fraction!);
  // the kernel's name for a task with a negative pid
  const negative = comm === '<XXX>-';
  return new ReadTraceEvent(
    at,
    Number(cpu),
    negative ? -Number(pid) : Number(pid),
    negative ? '<XXX>' : commOf(comm!, pid!),
    parseFlags(flags ?? ''),
    name!,
    text,
  );
}

/** Without what `trace-cmd report -w` puts behind a switch. */
function withoutLatency(text: string): string {
  return text.endsWith(' usecs') ? text.replace(/ Latency: [\d.]+ usecs$/, '') : text;
}

function commOf(comm: string, pid: string): string {
  return pid === '0' ? '<idle>' : comm;
}

function ns(seconds: string, fraction: string): number {
  return Number(seconds) * 1e9 + Number(fraction.padEnd(9, '0'));
}
