import {
  isEvent,
  SCHED_PROCESS_FORK,
  SCHED_SWITCH,
  SCHED_WAKEUP,
  SCHED_WAKEUP_NEW,
  SCHED_WAKING,
  type SchedSwitchFields,
  type SchedWakeupFields,
  type TraceEvent,
} from '@kernel-model/trace';

/** What a task does: it runs, it waits for a CPU, or the letter of its sleep as in prev_state; X when it is dead. */
export type TaskDoing = 'running' | 'runnable' | 'S' | 'D' | 'I' | 'P' | 'T' | 'X';

/** Takes the stretches of time that {@link followTasks} finds; instants in ns. */
export interface StretchSink {
  /** A task ran on a CPU, or the CPU was idle: pid 0. */
  ran(cpu: number, pid: number, fromNs: number, toNs: number): void;
  /** A task did something for a while. */
  did(pid: number, doing: TaskDoing, fromNs: number, toNs: number): void;
  /** A task has this name from now on. */
  named(pid: number, comm: string): void;
}

/**
 * Work out from scheduling events who ran where and when, and what every other task did meanwhile. What happened before
 * the first event about a task is not told, except that the task a CPU leaves first has run there since the beginning.
 */
export function followTasks(events: Iterable<TraceEvent>, fromNs: number, toNs: number, sink: StretchSink): void {
  const follower = new Follower(sink, fromNs);
  for (const event of events) {
    if (event.at > toNs) break;
    follower.take(event);
  }
  follower.end(toNs);
}

class Follower {
  readonly #sink: StretchSink;
  readonly #fromNs: number;
  readonly #cpus = new Map<number, { pid: number; sinceNs: number }>();
  readonly #tasks = new Map<number, { doing: TaskDoing; sinceNs: number }>();

  constructor(sink: StretchSink, fromNs: number) {
    this.#sink = sink;
    this.#fromNs = fromNs;
  }

  take(event: TraceEvent): void {
    if (isEvent(event, SCHED_SWITCH)) this.#switch(event);
    else if (isEvent(event, SCHED_WAKING) || isEvent(event, SCHED_WAKEUP) || isEvent(event, SCHED_WAKEUP_NEW)) {
      this.#wake(event);
    } else if (isEvent(event, SCHED_PROCESS_FORK)) {
      this.#sink.named(event.fields.child_pid, event.fields.child_comm);
      this.#become(event.fields.child_pid, 'D', event.at);
    }
  }

  end(toNs: number): void {
    for (const [cpu, { pid, sinceNs }] of this.#cpus) this.#sink.ran(cpu, pid, sinceNs, toNs);
    for (const [pid, { doing, sinceNs }] of this.#tasks) this.#sink.did(pid, doing, sinceNs, toNs);
  }

  #switch({ at, cpu, fields }: TraceEvent<SchedSwitchFields>): void {
    const { prev_pid: prev, next_pid: next } = fields;
    const current = this.#cpus.get(cpu);
    if (current === undefined) {
      this.#sink.ran(cpu, prev, this.#fromNs, at);
      if (!this.#tasks.has(prev)) this.#sink.did(prev, 'running', this.#fromNs, at);
    } else {
      this.#sink.ran(cpu, current.pid, current.sinceNs, at);
    }
    this.#cpus.set(cpu, { pid: next, sinceNs: at });
    if (prev !== 0) {
      this.#sink.named(prev, fields.prev_comm);
      this.#become(prev, doingOf(fields.prev_state), at);
    }
    if (next !== 0) {
      this.#sink.named(next, fields.next_comm);
      this.#become(next, 'running', at);
    }
  }

  #wake({ at, fields }: TraceEvent<SchedWakeupFields>): void {
    const task = this.#tasks.get(fields.pid);
    this.#sink.named(fields.pid, fields.comm);
    // a task may be woken while it is still running, and then it just goes on
    if (task?.doing !== 'running' && task?.doing !== 'runnable') this.#become(fields.pid, 'runnable', at);
  }

  #become(pid: number, doing: TaskDoing, at: number): void {
    const task = this.#tasks.get(pid);
    if (task !== undefined) this.#sink.did(pid, task.doing, task.sinceNs, at);
    this.#tasks.set(pid, { doing, sinceNs: at });
  }
}

/** What a prev_state says; tools of other versions print W and K for I, x for P. */
function doingOf(prevState: string): TaskDoing {
  switch (prevState[0]) {
    case 'R':
      return 'runnable';
    case 'D':
      return 'D';
    case 'I':
    case 'W':
    case 'K':
      return 'I';
    case 'P':
    case 'x':
      return 'P';
    case 'T':
    case 't':
      return 'T';
    case 'X':
    case 'Z':
      return 'X';
    default:
      return 'S';
  }
}
