import type { Search } from '@kernel-model/runner';
import type { Scenario } from '@kernel-model/scenario';
import type { TraceEvent } from '@kernel-model/trace';

/** What a run of a lesson's machine came to. */
export interface Ran<N = unknown> {
  readonly kind: 'ok' | 'warn' | 'hang' | 'oops';
  /** One sentence; empty if all is well. */
  readonly message: string;
  /** From the start of the program to its end. */
  readonly events: readonly TraceEvent[];
  /** What was run; null for a machine that boots. */
  readonly scenario: Scenario | null;
  /** What the search found; null if the lesson does not search. */
  readonly search: Search | null;
  /** The first failing run that the search found; null if there is none. */
  readonly failing: FailingRun | null;
  readonly notes: N;
}

/** An interleaving that fails. */
export interface FailingRun {
  /** Who acted, and on what: a line each. */
  readonly steps: string;
  /** Its trace, as tracefs text. */
  readonly trace: string;
}

/** The first event with this name whose text contains `text`, at `fromNs` or later. */
export function find(ran: Ran, name: string, text: string, fromNs = 0): TraceEvent | null {
  return ran.events.find((event) => event.at >= fromNs && event.name === name && event.text.includes(text)) ?? null;
}

/** The first mark that a scenario left with this text, e.g. `main > kthread_stop`. */
export function mark(ran: Ran, text: string, fromNs = 0): TraceEvent | null {
  return find(ran, 'tracing_mark_write', `km ${text}`, fromNs);
}

/** Ns from the call to its return: `took(ran, 'main', 'kthread_stop daemon')`; null if it did not return. */
export function took(ran: Ran, actor: string, call: string): number | null {
  const begin = mark(ran, `${actor} > ${call}`);
  const end = begin === null ? null : mark(ran, `${actor} < ${call}`, begin.at);
  return begin === null || end === null ? null : end.at - begin.at;
}

/** A span in ms with two digits behind the point. */
export function ms(ns: number): string {
  return `${(ns / 1e6).toFixed(2)} ms`;
}

/** A number that a reader typed: blanks, separators of thousands and the unit do not matter. NaN if it is none. */
export function typed(answer: string): number {
  const digits = answer
    .trim()
    .replace(/^cpu\s*/i, '')
    .replace(/[\s,_]|(?<=\d)\s*(ns|us|µs|ms|pages?|页)$/gi, '');
  return digits === '' ? NaN : Number(digits);
}
