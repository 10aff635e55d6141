import {
  isEvent,
  isKernelThreadName,
  SCHED_PROCESS_FORK,
  SCHED_STAT_RUNTIME,
  SCHED_SWITCH,
  SCHED_WAKEUP,
  SCHED_WAKEUP_NEW,
  SCHED_WAKING,
  type SchedProcessForkFields,
  type TraceEvent,
} from '@kernel-model/trace';

/**
 * Where the names of tasks come from. `perf`: from what stands in front of each line of `perf script`, which is what
 * perf knows: the name in /proc (`kworker/0:1-mm_`), the parent's until exec, `:12` when the task has gone. `kernel`: from
 * what the events say themselves, as in a tracefs trace.
 */
export type NameSource = 'perf' | 'kernel';

/** A task as perf knows it. Another task that gets its tid is another object. */
export interface PerfThread {
  readonly tid: number;
  /** pid of its process; 0 if perf heard of it in a wakeup first. */
  tgid: number;
  /** Its parent, -1 if it is not known. */
  readonly ppid: number;
  /** Its name; null if it has not been seen yet. */
  comm: string | null;
  /** What an event calls it. */
  called: string;
  /** The name changed since somebody last cleared this. */
  renamed: boolean;
}

const RECORDER = 'perf';
const INIT = 1;
const KTHREADD = 2;

/** The tasks of a trace under the names that perf's reports give them. */
export class PerfThreads {
  readonly #source: NameSource;
  readonly #exits: boolean;
  readonly #threads = new Map<number, PerfThread>();
  // tids whose task has exited, but has not been seen to leave its CPU
  readonly #gone = new Set<number>();
  // tids whose lines do not show perf's name any more, although it keeps it
  readonly #last = new Set<number>();
  #recorder: number | null = null;

  /** @param exits forget a task when it exits, as timehist does; latency and map do not */
  constructor(source: NameSource, exits: boolean) {
    this.#source = source;
    this.#exits = exits;
  }

  /** Learn the names that an event shows. To be called before its thread is asked for. */
  take(event: TraceEvent): void {
    if (this.#source === 'perf' && event.pid !== 0) this.#prefix(event.pid, event.comm);
    if (isEvent(event, SCHED_SWITCH)) {
      this.#called(event.fields.prev_pid, event.fields.prev_comm);
      this.#called(event.fields.next_pid, event.fields.next_comm);
    } else if (
      isEvent(event, SCHED_WAKING) ||
      isEvent(event, SCHED_WAKEUP) ||
      isEvent(event, SCHED_WAKEUP_NEW) ||
      isEvent(event, SCHED_STAT_RUNTIME)
    ) {
      this.#called(event.fields.pid, event.fields.comm);
    } else if (isEvent(event, SCHED_PROCESS_FORK)) this.#fork(event.fields);
  }

  /** The task of a tid. @param tgid what perf takes for its process if it has not heard of the task */
  get(tid: number, tgid: number = tid): PerfThread {
    let thread = this.#threads.get(tid);
    if (thread === undefined) {
      const comm = this.#gone.has(tid) ? `:${tid}` : null;
      thread = { tid, tgid, ppid: -1, comm, called: '', renamed: false };
      this.#threads.set(tid, thread);
    }
    return thread;
  }

  /** The parent that perf would have read in /proc for a task that is older than the recording. */
  parent({ tid, ppid, comm }: PerfThread): number {
    if (ppid !== -1 || comm === `:${tid}`) return ppid;
    if (tid === INIT || tid === KTHREADD) return 0;
    if (this.#isOfRecorder(tid, comm)) return this.#recorder!;
    return isKernelThreadName(comm ?? '') ? KTHREADD : INIT;
  }

  #prefix(tid: number, comm: string): void {
    if (comm === `:${tid}`) {
      if (!this.#exits) {
        this.get(tid).comm ??= comm;
        this.#last.add(tid);
      } else if (!this.#gone.has(tid)) {
        this.#gone.add(tid);
        this.#threads.delete(tid);
      }
      return;
    }
    const thread = this.get(tid);
    if (comm === thread.comm) return;
    rename(thread, comm);
    if (comm !== RECORDER || thread.ppid !== -1) return;
    this.#recorder ??= tid;
    thread.tgid = this.#recorder;
  }

  /** perf record has a thread of its own beside the one that reads the buffers. */
  #isOfRecorder(tid: number, comm: string | null): boolean {
    return comm === RECORDER && this.#recorder !== null && tid !== this.#recorder;
  }

  #called(tid: number, name: string): void {
    if (this.#gone.has(tid)) return;
    const thread = tid === 0 ? this.#idle() : this.get(tid);
    thread.called = name;
    if (tid === 0 || thread.comm === name) return;
    if (this.#source === 'kernel' || (this.#last.has(tid) && hasOneName(thread, name))) rename(thread, name);
  }

  #idle(): PerfThread {
    const idle = this.get(0);
    idle.comm ??= 'swapper';
    return idle;
  }

  #fork({ parent_pid: ppid, child_pid: tid, child_comm: called }: SchedProcessForkFields): void {
    const comm = this.#source === 'perf' ? this.get(ppid).comm : called;
    this.#gone.delete(tid);
    this.#last.delete(tid);
    this.#threads.set(tid, { tid, tgid: tid, ppid, comm, called, renamed: false });
  }
}

/** A name that perf knows is the kernel's own, other than that of a worker or of a thread that kthreadd made. */
function hasOneName({ ppid }: PerfThread, name: string): boolean {
  return ppid !== KTHREADD && !name.startsWith('kworker/');
}

function rename(thread: PerfThread, comm: string): void {
  if (thread.comm !== null) thread.renamed = true;
  thread.comm = comm;
}

/** The name of a task: perf's, or what an event calls it as long as perf's was not seen. */
export function nameOf({ tid, comm, called }: PerfThread): string {
  return comm ?? (called === '' ? `:${tid}` : called);
}
