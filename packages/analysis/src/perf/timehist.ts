import {
  isEvent,
  SCHED_MIGRATE_TASK,
  SCHED_SWITCH,
  type SchedSwitchFields,
  type TraceEvent,
} from '@kernel-model/trace';
import { nameOf, PerfThreads, type NameSource, type PerfThread } from './threads.ts';
import { Wakes } from './wakes.ts';

/** A task leaves its CPU: how long it ran, and what it did before. */
export interface TimehistRow {
  readonly atNs: number;
  readonly cpu: number;
  readonly comm: string;
  /** 0 for the idle task. */
  readonly tid: number;
  /** pid of its process; 0 if perf does not know. */
  readonly pid: number;
  /** From when it last left a CPU until it got this one. */
  readonly waitNs: number;
  /** The part of that in which it was ready to run. */
  readonly delayNs: number;
  readonly runNs: number;
  /** Letter of the state it leaves in; R for a preempted task, too. */
  readonly state: string;
}

/** What one task did in the whole trace. */
export interface TimehistTask {
  readonly comm: string;
  readonly tid: number;
  readonly pid: number;
  /** pid of the parent, -1 if it is not known. */
  readonly ppid: number;
  /** How often it left a CPU. */
  readonly count: number;
  readonly runNs: number;
  readonly minRunNs: number;
  /** Mean; not whole. */
  readonly avgRunNs: number;
  readonly maxRunNs: number;
  /** Standard error of the mean in percent of the mean. */
  readonly stddevPercent: number;
  readonly sleepNs: number;
  /** Uninterruptible sleep, for I/O or not. */
  readonly iowaitNs: number;
  readonly preemptNs: number;
  readonly delayNs: number;
}

/** What `perf sched timehist -s` tells. */
export interface TimehistSummary {
  /** By tid. Unlike perf, whose order is that of a hash table, which depends on tasks that a trace does not show. */
  readonly tasks: readonly TimehistTask[];
  /** For each CPU how long it was idle; null if it never left its idle task. */
  readonly idleNs: readonly (number | null)[];
  /** How often CPUs left a task, the idle one included. */
  readonly switches: number;
  /** Without idle time. */
  readonly runNs: number;
  /** From the first switch to the last. */
  readonly spanNs: number;
}

/** How {@link SchedTimehist} works. */
export interface TimehistOptions {
  /** Default `kernel`. */
  readonly names?: NameSource;
  /** Number of CPUs; default what the trace shows. */
  readonly cpus?: number;
}

/** Each stretch that a task ran, as `perf sched timehist` of Linux 6.12 counts it. */
export class SchedTimehist {
  readonly #threads: PerfThreads;
  readonly #wakes = new Wakes();
  readonly #tasks = new Map<number, Runtime>();
  readonly #idle: Runtime[] = [];
  // for each CPU when it last switched
  readonly #switchedAt: number[] = [];
  #nrCpus: number;
  #firstNs = -1;
  #lastNs = 0;

  constructor({ names = 'kernel', cpus = 0 }: TimehistOptions = {}) {
    this.#threads = new PerfThreads(names, true);
    this.#nrCpus = cpus;
  }

  /** Look at the next event. @returns the row it makes, null for none */
  take(event: TraceEvent): TimehistRow | null {
    this.#threads.take(event);
    if (event.cpu >= this.#nrCpus) this.#nrCpus = event.cpu + 1;
    if (isEvent(event, SCHED_SWITCH)) return this.#switch(event);
    if (isEvent(event, SCHED_MIGRATE_TASK)) {
      const task = this.#tasks.get(event.fields.pid);
      if (task !== undefined) task.cpu = event.fields.dest_cpu;
    } else if (this.#wakes.is(event) && event.fields.pid !== 0) {
      const task = this.#task(this.#threads.get(event.fields.pid, 0));
      if (task.readyAtNs === 0) task.readyAtNs = event.at;
      task.cpu = event.fields.target_cpu;
    }
    return null;
  }

  /** Events of this CPU are missing here: nobody knows when what runs there began to, or to wait. */
  gap(cpu: number): void {
    this.#switchedAt[cpu] = 0;
    this.#idle[cpu]?.forget();
    for (const task of this.#tasks.values()) if (task.cpu === cpu) task.forget();
  }

  /** The sums for what was seen so far. */
  result(): TimehistSummary {
    const tasks = [...this.#tasks.values()].filter((task) => task.count > 0).map((task) => this.#summed(task));
    tasks.sort((a, b) => a.tid - b.tid);
    const idle = Array.from({ length: this.#nrCpus }, (_, cpu) => this.#idle[cpu] ?? null);
    return {
      tasks,
      idleNs: idle.map((task) => task?.runNs ?? null),
      switches: tasks.reduce((sum, { count }) => sum + count, 0) + idle.reduce((sum, t) => sum + (t?.count ?? 0), 0),
      runNs: tasks.reduce((sum, { runNs }) => sum + runNs, 0),
      spanNs: this.#firstNs < 0 ? 0 : this.#lastNs - this.#firstNs,
    };
  }

  #switch({ at, cpu, pid, fields }: TraceEvent<SchedSwitchFields>): TimehistRow {
    const state = fields.prev_state[0]!;
    const idle = fields.prev_pid === 0;
    // perf looks at who the line is from: a task that was reaped already is -1
    const thread = this.#threads.get(idle ? 0 : pid < 0 ? pid : fields.prev_pid);
    const task = idle ? (this.#idle[cpu] ??= new Runtime(thread)) : this.#task(thread);
    const row = task.ran(at, this.#switchedAt[cpu] ?? 0);
    task.leftAtNs = at;
    task.leftIn = state;
    task.cpu = cpu;
    task.readyAtNs = state === 'R' ? at : 0;
    this.#switchedAt[cpu] = at;
    if (this.#firstNs < 0) this.#firstNs = at;
    this.#lastNs = at;
    const comm = idle ? '<idle>' : nameOf(thread);
    return { atNs: at, cpu, comm, tid: thread.tid, pid: thread.tgid, ...row, state };
  }

  #task(thread: PerfThread): Runtime {
    let task = this.#tasks.get(thread.tid);
    // the tid of a task that has gone belongs to another one
    if (task?.thread !== thread) this.#tasks.set(thread.tid, (task = new Runtime(thread)));
    return task;
  }

  #summed(task: Runtime): TimehistTask {
    const { thread, count, runNs, sleepNs, iowaitNs, preemptNs, delayNs } = task;
    return {
      comm: nameOf(thread),
      tid: thread.tid,
      pid: thread.tgid,
      ppid: this.#threads.parent(thread),
      count,
      runNs,
      minRunNs: task.minNs,
      avgRunNs: task.meanNs,
      maxRunNs: task.maxNs,
      stddevPercent: task.stddevPercent(),
      sleepNs,
      iowaitNs,
      preemptNs,
      delayNs,
    };
  }
}

class Runtime {
  /** Where it was last. */
  cpu = -1;
  leftAtNs = 0;
  leftIn = '';
  readyAtNs = 0;
  count = 0;
  runNs = 0;
  minNs = Infinity;
  meanNs = 0;
  maxNs = 0;
  sleepNs = 0;
  iowaitNs = 0;
  preemptNs = 0;
  delayNs = 0;
  // sum of the squared distances from the mean, kept by Welford's method as perf does
  #m2 = 0;

  constructor(readonly thread: PerfThread) {}

  /** It ran until now. @param sinceNs 0 if that is not known */
  ran(at: number, sinceNs: number): { waitNs: number; delayNs: number; runNs: number } {
    const runNs = sinceNs === 0 ? 0 : at - sinceNs;
    const delayNs = this.readyAtNs === 0 || this.readyAtNs > sinceNs ? 0 : sinceNs - this.readyAtNs;
    const waitNs = this.leftAtNs === 0 || this.leftAtNs > sinceNs ? 0 : sinceNs - this.leftAtNs;
    if (this.leftIn === 'R') this.preemptNs += waitNs;
    else if (this.leftIn === 'D') this.iowaitNs += waitNs;
    else this.sleepNs += waitNs;
    this.delayNs += delayNs;
    this.#add(runNs);
    return { waitNs, delayNs, runNs };
  }

  forget(): void {
    this.leftAtNs = 0;
    this.readyAtNs = 0;
  }

  stddevPercent(): number {
    if (this.count < 2 || this.meanNs === 0) return 0;
    return (100 * Math.sqrt(this.#m2 / (this.count - 1) / this.count)) / this.meanNs;
  }

  #add(runNs: number): void {
    this.count++;
    this.runNs += runNs;
    const delta = runNs - this.meanNs;
    this.meanNs += delta / this.count;
    this.#m2 += delta * (runNs - this.meanNs);
    if (runNs > this.maxNs) this.maxNs = runNs;
    if (runNs < this.minNs) this.minNs = runNs;
  }
}
