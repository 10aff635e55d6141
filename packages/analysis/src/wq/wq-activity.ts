import {
  isEvent,
  SCHED_KTHREAD_WORK_EXECUTE_END,
  SCHED_KTHREAD_WORK_EXECUTE_START,
  SCHED_KTHREAD_WORK_QUEUE_WORK,
  SCHED_SWITCH,
  WORKQUEUE_ACTIVATE_WORK,
  WORKQUEUE_EXECUTE_END,
  WORKQUEUE_EXECUTE_START,
  WORKQUEUE_QUEUE_WORK,
  type TraceEvent,
} from '@kernel-model/trace';
import type { Collector } from '../collector.ts';
import { WqFunction, type WqFunctionRow } from './wq-function.ts';

/** Stands for a queue that the trace does not name: of barriers, and of works that were queued before it began. */
export const UNKNOWN_QUEUE = '-';

/** An unbound pool has no CPU. */
const ANY_CPU = -1;

type WorkFields = { readonly work: string; readonly function: string };

/** What the works of a trace did. */
export interface WqReport {
  /** The function that ran longest first. */
  readonly rows: readonly WqFunctionRow[];
}

/** A work that has been queued and not started. */
interface Pending {
  readonly of: WqFunction;
  readonly atNs: number;
  readonly cpu: number;
}

/** Until it has random numbers, a kernel prints no addresses: `(____ptrval____)`. */
const HIDDEN = '(';

/** A work that runs. */
interface Execution {
  readonly work: string;
  readonly of: WqFunction;
  readonly cpu: number;
  readonly startNs: number;
  /** When its task lost the CPU; null while it has one. */
  offNs: number | null;
  sleptNs: number;
}

/**
 * What works did, for each queue and function: how often they were queued, started and completed, how long they waited
 * and ran, and how many ran at once. A work is followed from the CPU that queued it to the one that ran it, and through
 * the sleeps and preemptions of its worker. Works of kthread workers have the worker's name in brackets for a queue.
 */
export class WqActivity implements Collector<WqReport> {
  readonly #functions = new Map<string, WqFunction>();
  // by work; by function and CPU of the pool where the kernel hides the addresses of works: several then, oldest first
  readonly #pending = new Map<string, Pending[]>();
  // by task, the innermost last: a bottom half may interrupt a worker
  readonly #executing = new Map<string, Execution[]>();
  #hasQueue = false;

  /** Look at the next event. */
  take(event: TraceEvent): void {
    if (isEvent(event, SCHED_SWITCH)) {
      this.#off(event.fields.prev_pid, event.at);
      this.#on(event.fields.next_pid, event.at);
    } else if (isEvent(event, WORKQUEUE_QUEUE_WORK)) {
      this.#hasQueue = true;
      this.#queue(event, event.fields.workqueue, event.fields, event.fields.cpu);
    } else if (isEvent(event, WORKQUEUE_ACTIVATE_WORK)) {
      // a recording of perf kwork has no other sign of a work being queued
      if (!this.#hasQueue) this.#queue(event, UNKNOWN_QUEUE, event.fields, ANY_CPU);
    } else if (isEvent(event, SCHED_KTHREAD_WORK_QUEUE_WORK))
      this.#queue(event, event.fields.worker, event.fields, ANY_CPU);
    else if (isEvent(event, WORKQUEUE_EXECUTE_START)) this.#start(event, UNKNOWN_QUEUE, event.fields);
    else if (isEvent(event, SCHED_KTHREAD_WORK_EXECUTE_START)) this.#start(event, `[${event.comm}]`, event.fields);
    else if (isEvent(event, WORKQUEUE_EXECUTE_END) || isEvent(event, SCHED_KTHREAD_WORK_EXECUTE_END)) {
      this.#end(event, event.fields.work);
    }
  }

  /** Events of this CPU are missing here: works may have started there, and ended. */
  gap(cpu: number): void {
    this.#pending.clear();
    for (const [task, stack] of this.#executing) {
      for (const { of } of stack.filter((execution) => execution.cpu === cpu)) of.lost();
      this.#executing.set(
        task,
        stack.filter((execution) => execution.cpu !== cpu),
      );
    }
  }

  /** The report for what was seen so far. */
  result(): WqReport {
    const rows = this.#known().map((entry) => entry.row());
    rows.sort((a, b) => b.runTotalNs - a.runTotalNs || b.queued - a.queued || compare(a, b));
    return { rows };
  }

  #queue(event: TraceEvent, queue: string, { work, function: name }: WorkFields, poolCpu: number): void {
    const of = this.#function(queue, name);
    of.queued++;
    const key = keyOf(work, name, poolCpu);
    const pending = { of, atNs: event.at, cpu: event.cpu };
    const before = this.#pending.get(key);
    if (before !== undefined && work.startsWith(HIDDEN)) {
      before.push(pending);
      return;
    }
    // a work is pending once: one that was queued before and has not started was cancelled, which leaves no event
    if (before !== undefined) before[0]!.of.cancelled++;
    this.#pending.set(key, [pending]);
  }

  #start(event: TraceEvent, queue: string, { work, function: name }: WorkFields): void {
    const pending = this.#take(keyOf(work, name, event.cpu)) ?? this.#take(keyOf(work, name, ANY_CPU));
    const of = pending?.of ?? this.#function(queue, name);
    // the queue event of a kthread worker's work has the address of the worker, and only now is its name known
    if (queue !== UNKNOWN_QUEUE) of.queue = queue;
    if (pending !== undefined) of.waited(event.at - pending.atNs, event.at, pending.cpu !== event.cpu);
    of.started(event.cpu);
    const task = taskOf(event);
    const stack = this.#executing.get(task) ?? [];
    stack.push({ work, of, cpu: event.cpu, startNs: event.at, offNs: null, sleptNs: 0 });
    this.#executing.set(task, stack);
  }

  #take(key: string): Pending | undefined {
    const list = this.#pending.get(key);
    const pending = list?.shift();
    if (list?.length === 0) this.#pending.delete(key);
    return pending;
  }

  #end(event: TraceEvent, work: string): void {
    const task = taskOf(event);
    const stack = this.#executing.get(task);
    const i = stack?.findLastIndex((execution) => execution.work === work) ?? -1;
    if (i < 0) return;
    const [execution] = stack!.splice(i, 1);
    if (stack!.length === 0) this.#executing.delete(task);
    const ranNs = event.at - execution!.startNs;
    execution!.of.completed(ranNs, ranNs - execution!.sleptNs, event.at);
  }

  #off(pid: number, at: number): void {
    for (const execution of this.#executing.get(String(pid)) ?? []) execution.offNs = at;
  }

  #on(pid: number, at: number): void {
    for (const execution of this.#executing.get(String(pid)) ?? []) {
      if (execution.offNs !== null) execution.sleptNs += at - execution.offNs;
      execution.offNs = null;
    }
  }

  /**
   * The rows; works of an unknown queue join the row of their function if only one queue has it. The queue of a kthread
   * worker may have two: from before its name was known, and from after.
   */
  #known(): WqFunction[] {
    const all = onePerName([...this.#functions.values()]);
    for (const unknown of all.filter(({ queue }) => queue === UNKNOWN_QUEUE)) {
      const others = all.filter((entry) => entry !== unknown && entry.name === unknown.name);
      if (others.length !== 1) continue;
      others[0]!.join(unknown);
      all.splice(all.indexOf(unknown), 1);
    }
    return all;
  }

  #function(queue: string, name: string): WqFunction {
    const key = `${queue} ${name}`;
    let entry = this.#functions.get(key);
    if (entry === undefined) this.#functions.set(key, (entry = new WqFunction(queue, name)));
    return entry;
  }
}

function onePerName(all: readonly WqFunction[]): WqFunction[] {
  const first = new Map<string, WqFunction>();
  for (const entry of all) {
    const key = `${entry.queue} ${entry.name}`;
    // the sums of the rows: those of the functions go on
    const sum = first.get(key) ?? new WqFunction(entry.queue, entry.name);
    sum.join(entry);
    first.set(key, sum);
  }
  return [...first.values()];
}

/** The idle task of each CPU is one of its own. */
function taskOf({ pid, cpu }: TraceEvent): string {
  return pid === 0 ? `idle ${cpu}` : String(pid);
}

function keyOf(work: string, name: string, poolCpu: number): string {
  return work.startsWith(HIDDEN) ? `${name} on ${poolCpu}` : work;
}

function compare(a: WqFunctionRow, b: WqFunctionRow): number {
  const [x, y] = [`${a.workqueue} ${a.function}`, `${b.workqueue} ${b.function}`];
  return x < y ? -1 : x > y ? 1 : 0;
}
