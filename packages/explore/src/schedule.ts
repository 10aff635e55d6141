import { UsageError, type Memory } from '@kernel-model/sim';

/** One choice of a schedule. */
export interface ScheduleStep {
  /** 'lane': this lane acts; 'future': time passes to its next event first; 'pick': the answer to a pick. */
  readonly kind: 'lane' | 'future' | 'pick';
  /** The lane, or the answer. */
  readonly value: number;
}

/**
 * A choice as one small integer, as the searches keep it: four times the value, plus the kind.
 * @internal
 */
export type Code = number;

const KINDS = ['lane', 'future', 'pick'] as const;
const SUFFIXES = ['', 'f', 'p'] as const;
const PREFIXES: Readonly<Record<Memory, string>> = { sc: 'k1:', tso: 'k1tso:' };

/** @internal */
export function codeOfLane(lane: number, future: boolean): Code {
  return lane * 4 + (future ? 1 : 0);
}

/** @internal */
export function codeOfPick(answer: number): Code {
  return answer * 4 + 2;
}

/** @internal */
export function isPick(code: Code): boolean {
  return code % 4 === 2;
}

/** @internal */
export function valueOf(code: Code): number {
  return Math.floor(code / 4);
}

/** The choice in words, e.g. `lane 3`. @internal */
export function describeCode(code: Code): string {
  return ['lane ', 'the future event of lane ', 'pick '][code % 4]! + valueOf(code);
}

/** @internal */
export function stepOf(code: Code): ScheduleStep {
  return { kind: KINDS[code % 4]!, value: valueOf(code) };
}

/** @internal */
export function codeOf(step: ScheduleStep): Code {
  return step.value * 4 + KINDS.indexOf(step.kind);
}

/**
 * A schedule as text, e.g. `k1:0x5.1.2f.3p`: lane 0 five times, lane 1, time passes to an event of lane 2, a pick is
 * answered with 3. `k1tso:` begins one of a machine with store buffers. Letters, digits, dots and one colon only: safe on a
 * command line.
 */
export function formatSchedule(steps: readonly ScheduleStep[], memory: Memory = 'sc'): string {
  return formatCodes(steps.map(codeOf), memory);
}

/** @internal */
export function formatCodes(codes: readonly Code[], memory: Memory): string {
  const parts: string[] = [];
  for (let i = 0; i < codes.length;) {
    const code = codes[i]!;
    const from = i;
    while (i < codes.length && codes[i] === code) i++;
    parts.push(`${valueOf(code)}${SUFFIXES[code % 4]}${i - from > 1 ? `x${i - from}` : ''}`);
  }
  return PREFIXES[memory] + parts.join('.');
}

/** Longest schedule that is read, in choices: a mistyped count must not fill the memory. */
const MAX_STEPS = 10_000_000;

/**
 * Read what {@link formatSchedule} wrote.
 * @throws UsageError EXPLORE_SCHEDULE naming the place and what was expected there
 */
export function parseSchedule(text: string): ScheduleStep[] {
  const prefix = PREFIXES[memoryOf(text)];
  if (!text.startsWith(prefix)) {
    const other = /^k\d+[a-z]*:/.test(text);
    throw bad(text, 0, other ? `a schedule of version "${prefix}"; this one is of another` : `"${prefix}"`);
  }
  const steps: ScheduleStep[] = [];
  if (text === prefix) return steps;
  let at = prefix.length;
  for (const part of text.slice(at).split('.')) {
    const match = /^(\d{1,9})([fp]?)(?:x(\d{1,9}))?$/.exec(part);
    if (match === null)
      throw bad(text, at, 'a number, then "f" or "p" if it is one, then "x" and a count if it repeats');
    const count = match[3] === undefined ? 1 : Number(match[3]);
    if (count === 0 || steps.length + count > MAX_STEPS) throw bad(text, at, `1 to ${MAX_STEPS} choices in all`);
    const step: ScheduleStep = { kind: KINDS[SUFFIXES.indexOf(match[2] as 'f')]!, value: Number(match[1]) };
    for (let i = 0; i < count; i++) steps.push(step);
    at += part.length + 1;
  }
  return steps;
}

/** How memory was when a schedule was found: a schedule fits no other. */
export function memoryOf(schedule: string): Memory {
  return schedule.startsWith(PREFIXES.tso) ? 'tso' : 'sc';
}

function bad(text: string, at: number, expected: string): UsageError {
  const found = at >= text.length ? 'the end' : `"${text.slice(at, at + 12)}"`;
  return new UsageError('EXPLORE_SCHEDULE', {
    what: `Not a schedule: expected ${expected} at character ${at + 1}, found ${found}.`,
    advice: 'Copy the whole schedule that explore printed.',
  });
}
