import { NoScenarioError, Projections } from './projections.ts';
import { repr, sortedKeys } from './python-text.ts';

/**
 * What two runs of a scenario are compared by:
 * calls: per actor, the marks `km ACTOR > CALL ...` in order; exact.
 * timing: per actor, when each mark happened; within a tick (4 ms) and 1 ms, or 5 %.
 * tasks: per task, its scheduling events in order, involuntary switches left out; exact.
 * cpu: per task, the time it ran (within a tick, or 5 %) and how often it was preempted (within 2, or 20 %).
 * cpus: per task, the CPUs it ran on in order; exact.
 * tlb: the number of TLB flushes per CPU and reason; exact.
 * works: the events of the scenario's works in order; exact.
 */
export const KINDS = ['calls', 'timing', 'tasks', 'cpu', 'cpus', 'tlb', 'works'] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** What a scenario is held to: an entry of judged.json. Without it, everything counts. */
export interface Judged {
  /** Projections that count; none means that the scenario is not judged. */
  readonly kinds: readonly Kind[];
  /** Tasks whose events count; all if not given. */
  readonly tasks?: readonly string[];
  /** Tasks whose CPUs count; all if not given. */
  readonly cpus?: readonly string[];
}

/** By name of the scenario: the content of judged.json. */
export type JudgedFile = Readonly<Record<string, Judged>>;

/** How two traces compare. */
export interface Comparison {
  /** Projections that count. */
  readonly kinds: readonly Kind[];
  /** For each projection the differences, in words; none means that it is the same. */
  readonly differences: Readonly<Record<Kind, readonly string[]>>;
  /** Projections that count and differ. */
  readonly bad: readonly Kind[];
  /** Whether nothing that counts differs. */
  readonly same: boolean;
}

/** Names of the two traces, for messages. */
export interface CompareNames {
  readonly real?: string;
  readonly model?: string;
}

const TICK_MS = 4;

/**
 * Hold the trace of a model against that of a real kernel, for the same scenario.
 * @param realText text of a tracefs `trace` file
 * @param modelText the same
 * @param judged what counts; everything if not given
 */
export function compareTraces(
  realText: string,
  modelText: string,
  judged: Judged = { kinds: KINDS },
  names: CompareNames = {},
): Comparison {
  let all: Record<Kind, readonly string[]>;
  try {
    const real = new Projections(realText, names.real ?? 'real');
    const model = new Projections(modelText, names.model ?? 'model');
    all = differences(real, model);
  } catch (error) {
    if (!(error instanceof NoScenarioError)) throw error;
    return failed(error.message, judged);
  }
  const counted = { ...all, tasks: only(all.tasks, judged.tasks), cpus: only(all.cpus, judged.cpus) };
  return comparison(judged.kinds, counted);
}

/** The comparison of a scenario that has no model trace, or one that can not be read: everything differs. */
export function failed(reason: string, judged: Judged = { kinds: KINDS }): Comparison {
  const list = [reason];
  const all = { calls: list, timing: list, tasks: list, cpu: list, cpus: list, tlb: list, works: list };
  return comparison(judged.kinds, all);
}

/** The comparison in words, a line for each projection. */
export function formatComparison({ differences }: Comparison): string {
  return KINDS.map((kind) => {
    const list = differences[kind];
    return `${kind}: ${list.length === 0 ? 'same' : list.slice(0, 4).join('; ')}\n`;
  }).join('');
}

function comparison(kinds: readonly Kind[], differences: Readonly<Record<Kind, readonly string[]>>): Comparison {
  const bad = kinds.filter((kind) => differences[kind].length > 0);
  return { kinds, differences, bad, same: bad.length === 0 };
}

function only(list: readonly string[], tasks: readonly string[] | undefined): readonly string[] {
  return tasks === undefined ? list : list.filter((difference) => tasks.includes(difference.split(' ')[0]!));
}

function differences(real: Projections, model: Projections): Record<Kind, readonly string[]> {
  const calls = sequences(real.calls, model.calls);
  const timing = timingDifferences(real, model);
  return {
    calls,
    timing: calls.length === 0 ? timing : ['calls differ', ...timing],
    tasks: sequences(real.tasks, model.tasks),
    cpu: cpuDifferences(real, model),
    cpus: cpusDifferences(real, model),
    tlb: tlbDifferences(real, model),
    works: equal(real.works, model.works) ? [] : [firstDifference(real.works, model.works)],
  };
}

function sequences(real: ReadonlyMap<string, string[]>, model: ReadonlyMap<string, string[]>): string[] {
  const out: string[] = [];
  for (const key of sortedKeys(real, model)) {
    const x = real.get(key) ?? [];
    const y = model.get(key) ?? [];
    if (!equal(x, y)) out.push(`${key} ${firstDifference(x, y)}`);
  }
  return out;
}

function timingDifferences(real: Projections, model: Projections): string[] {
  const out: string[] = [];
  for (const [actor, xs] of real.when) {
    const ys = model.when.get(actor) ?? [];
    const n = Math.min(xs.length, ys.length);
    for (let i = 0; i < n; i++) {
      const x = xs[i]!;
      const y = ys[i]!;
      if (Math.abs(x - y) <= Math.max(TICK_MS + 1, 0.05 * x)) continue;
      out.push(`${actor} #${i} ${repr(real.calls.get(actor)![i]!)}: real ${ms(x)}, model ${ms(y)}`);
      break;
    }
  }
  return out;
}

function cpuDifferences(real: Projections, model: Projections): string[] {
  const out: string[] = [];
  for (const task of sortedKeys(real.ran, model.ran)) {
    const x = real.ran.get(task) ?? 0;
    const y = model.ran.get(task) ?? 0;
    const p = real.preempted.get(task) ?? 0;
    const q = model.preempted.get(task) ?? 0;
    if (Math.abs(x - y) > Math.max(TICK_MS, 0.05 * x)) out.push(`${task} ran: real ${ms(x)}, model ${ms(y)}`);
    else if (Math.abs(p - q) > Math.max(2, 0.2 * p)) {
      out.push(`${task} preempted: real ${p} times, model ${q} times`);
    }
  }
  return out;
}

function cpusDifferences(real: Projections, model: Projections): string[] {
  const out: string[] = [];
  for (const task of sortedKeys(real.cpus, model.cpus)) {
    const x = real.cpus.get(task);
    const y = model.cpus.get(task);
    if (!equal(x ?? [], y ?? [])) out.push(`${task} ran on: real ${repr(x)}, model ${repr(y)}`);
  }
  return out;
}

function tlbDifferences(real: Projections, model: Projections): string[] {
  const out: string[] = [];
  for (const key of sortedKeys(real.tlb, model.tlb)) {
    const x = real.tlb.get(key) ?? 0;
    const y = model.tlb.get(key) ?? 0;
    if (x !== y) out.push(`${key}: real ${x}, model ${y}`);
  }
  return out;
}

function firstDifference(a: readonly string[], b: readonly string[]): string {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const x = a[i] ?? '(nothing)';
    const y = b[i] ?? '(nothing)';
    if (x !== y) return `#${i}: real ${repr(x)}, model ${repr(y)}`;
  }
  return '';
}

function equal<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

function ms(value: number): string {
  return `${value.toFixed(3)} ms`;
}
