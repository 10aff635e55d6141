import type { SchedSwitchFields, SchedWakeupFields, TraceEvent } from '@kernel-model/trace';
import type { Report } from './rule.ts';

/** From this priority on a task is of the fair class, or idle. */
const MAX_RT_PRIO = 100;
/** After so long without the fair class its server may run before real-time tasks: half of a period. */
const FAIR_SERVER_NS = 5e8;

/** A real-time task that waits for its CPU. */
interface Waiting {
  readonly prio: number;
  readonly cpu: number;
  /** The first switch since to a task of lower priority. */
  passed: { readonly event: TraceEvent; readonly line: number; readonly by: string } | null;
}

/**
 * A CPU picks the real-time task of the highest priority. A task may lose its priority while it waits, which no event
 * shows; so a switch past it counts only when the task comes with the priority that it was woken with.
 */
export class RtOrder {
  readonly #report: Report;
  readonly #waiting = new Map<number, Waiting>();
  // by CPU: when it last ran a task of the fair class, or none
  readonly #fairAt: number[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  /** A task has become runnable. */
  ready({ fields }: TraceEvent<SchedWakeupFields>): void {
    const { pid, prio, target_cpu: cpu } = fields;
    if (prio >= 0 && prio < MAX_RT_PRIO) this.#waiting.set(pid, { prio, cpu, passed: null });
  }

  /** A task has gone elsewhere. */
  remove(pid: number): void {
    this.#waiting.delete(pid);
  }

  /** A CPU has picked a task. */
  switched(event: TraceEvent<SchedSwitchFields>, line: number): void {
    const { prev_prio, next_pid, next_prio, next_comm } = event.fields;
    const { at, cpu } = event;
    this.#comes(event);
    const starved = at - (this.#fairAt[cpu] ?? at) > FAIR_SERVER_NS;
    if (prev_prio >= MAX_RT_PRIO || next_prio >= MAX_RT_PRIO) this.#fairAt[cpu] = at;
    if (starved || next_prio < 0) return;
    for (const waiting of this.#waiting.values()) {
      if (waiting.cpu === cpu && waiting.prio < next_prio) {
        waiting.passed ??= { event, line, by: `${next_comm}:${next_pid} of prio ${next_prio}` };
      }
    }
  }

  /** There is a gap. */
  forget(): void {
    this.#waiting.clear();
    this.#fairAt.length = 0;
  }

  #comes({ cpu, fields }: TraceEvent<SchedSwitchFields>): void {
    const { next_pid, next_comm, next_prio } = fields;
    const waiting = this.#waiting.get(next_pid);
    if (waiting === undefined) return;
    this.#waiting.delete(next_pid);
    const { passed, prio } = waiting;
    if (passed === null || waiting.cpu !== cpu || prio !== next_prio) return;
    const message = `${passed.by} is picked while ${next_comm}:${next_pid} of prio ${prio} waits for CPU ${cpu}`;
    this.#report('rt-order', passed.event, passed.line, message);
  }
}
