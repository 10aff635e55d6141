/** Events that the recording tool lost. */
export interface LostEvents {
  /** Number of the line that says so, from 1. */
  readonly line: number;
  readonly cpu: number;
  /** How many; null if the tool does not know. */
  readonly count: number | null;
}

/** A place where events of a CPU are missing. */
export interface TraceHole {
  readonly cpu: number;
  /** What tracefs prints there, without a newline. */
  readonly text: string;
}

const LOST = /^CPU:(\d+) \[(?:LOST (?:(\d+) )?EVENTS|(?:(\d+) )?EVENTS DROPPED)\]/;
const PERF_LOST = /\[(\d+)\]\s+\d+\.\d+: +PERF_RECORD_LOST(?:_SAMPLES)? lost (\d+)/;
const STARTED = /^#+ CPU (\d+) buffer started #+/;

// what stands between events and is none: stacks of tracefs and of perf, other records of perf, the head of trace-cmd
// report, which of its CPUs recorded nothing, and what begins the output of atrace
const REMARK =
  /^\s*=> |<stack trace>$|^\s+[0-9a-f]+ .*\(.*\)$|: +PERF_RECORD_\w+|^version = \d|^CPU \d+ is empty|^CPU:\d+ \[SUBBUFFER START\]|^TRACE:$|^\s*$/;

/** The line of a tool that says what it lost, without its number; null if it is none. */
export function parseLost(line: string): Omit<LostEvents, 'line'> | null {
  const match = LOST.exec(line);
  if (match !== null) {
    const count = match[2] ?? match[3];
    return { cpu: Number(match[1]), count: count === undefined ? null : Number(count) };
  }
  const perf = PERF_LOST.exec(line);
  return perf === null ? null : { cpu: Number(perf[1]), count: Number(perf[2]) };
}

/** Where older events of a CPU were overwritten, up to this line of tracefs; null if it does not say so. */
export function parseStarted(line: string): TraceHole | null {
  const match = STARTED.exec(line);
  return match === null ? null : { cpu: Number(match[1]), text: line };
}

/** What tracefs prints where events were lost. */
export function lostText({ cpu, count }: Omit<LostEvents, 'line'>): string {
  return `CPU:${cpu} [LOST ${count === null ? '' : `${count} `}EVENTS]`;
}

/** Whether a line that is no event is none by design. */
export function isRemark(line: string): boolean {
  return REMARK.test(line);
}

/** Formats of the same tools that are not read, and what to do about them. */
const FOREIGN: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /^# \w+ latency trace v/,
    'it has the latency format of tracefs: echo nolatency-format > trace_options, and read it again',
  ],
  [/^ *\S.*-\d+ +\d+[A-Za-z.][\w.]{4} +\d+\.\d+: /, 'it has the latency format of trace-cmd: leave out -l'],
  [/^\d+ \d+ \d+ type: \d+/, 'it has the raw format of tracefs: echo noraw > trace_options, and read it again'],
  [
    /^ *\S.*-\d+ +(?:\([ \d-]+\) +)?\[\d+\] +(?:[A-Za-z.][\w.#]{3,5} +)?\d+: /,
    'its times are no seconds, as with the clocks counter, uptime and x86-tsc: echo mono > trace_clock, and record again',
  ],
];

/** Why a line is not read although it is of a trace, and what to do about it; null if it is no such line. */
export function foreignFormat(line: string): string | null {
  return FOREIGN.find(([pattern]) => pattern.test(line))?.[1] ?? null;
}
