// the line formats that compare.py accepts, in its own terms: verdicts must not depend on a better reader
const LINE =
  /^\s*(?<comm>.+?)-(?<pid>\d+)\s+(?:\(\s*\S+\)\s+)?\[(?<cpu>\d+)\]\s+(?:(?:\S+)\s+)?(?<at>\d+\.\d+): (?<event>\w+): (?<text>.*)$/;
const SWITCH =
  /prev_comm=(.*?) prev_pid=(-?\d+) prev_prio=(-?\d+) prev_state=(\S+) ==> next_comm=(.*?) next_pid=(-?\d+) next_prio=(-?\d+)/;
const CREATE =
  /^> (kthread_create|kthread_run|kthread_create_on_cpu|kthread_create_worker|kthread_create_worker_on_cpu) (\S+)/;
// what the works of a scenario run on a real machine, in the interpreter and in the kernel; all else is background
const REAL_FN = /function[ =](w_fn|dw_fn|kw_fn|kdw_fn|wq_barrier_func|kthread_flush_work_fn)\b/;
// works that a machine has of its own: a model that runs some is not held to them
const NOISE_FN =
  /function[ =](vmstat_|delayed_vfree|rcu_|kfree_rcu|pwq_release|idle_cull|wb_|pm_|cgroup|neigh|console|lru_)/;
const MARK_EVENTS: readonly string[] = ['run_fn', 'tracing_mark_write', 'print', 'km', 'cond', 'bprint'];
const TASK_EVENTS: readonly string[] = [
  'sched_waking',
  'sched_wakeup',
  'sched_wakeup_new',
  'sched_process_exit',
  'sched_kthread_stop',
];
const KTHREAD_WORK_EVENTS: readonly string[] = [
  'sched_kthread_work_queue_work',
  'sched_kthread_work_execute_start',
  'sched_kthread_work_execute_end',
];

/** An event as {@link Projections} takes it; time in ms. */
interface Line {
  readonly ms: number;
  readonly cpu: number;
  readonly event: string;
  readonly text: string;
}

/** A trace has no mark that says where its scenario begins. */
export class NoScenarioError extends Error {
  constructor(name: string) {
    super(`${name}: no mark "km main > fn main"`);
    this.name = 'NoScenarioError';
  }
}

/**
 * What is compared of the run of a scenario, taken from its trace. Times are in ms, from the start of `main`. Tasks are
 * known by comm; tasks and works that are not the scenario's are left out.
 */
export class Projections {
  /** By actor, its marks in order. */
  readonly calls: Map<string, string[]> = new Map<string, string[]>();
  /** By actor, when each mark happened. */
  readonly when: Map<string, number[]> = new Map<string, number[]>();
  /** By task, its scheduling events in order, involuntary switches left out. */
  readonly tasks: Map<string, string[]> = new Map<string, string[]>();
  /** By task, the time it ran. */
  readonly ran: Map<string, number> = new Map<string, number>();
  /** By task, how often it was preempted. */
  readonly preempted: Map<string, number> = new Map<string, number>();
  /** By task, the CPUs it ran on in order, repetitions left out. */
  readonly cpus: Map<string, number[]> = new Map<string, number[]>();
  /** By CPU and reason, the number of TLB flushes. */
  readonly tlb: Map<string, number> = new Map<string, number>();
  /** The events of the scenario's works in order. */
  readonly works: string[] = [];
  /** Comms of the scenario's tasks. */
  readonly own: Set<string> = new Set<string>();
  readonly #since = new Map<string, number>();
  readonly #skip = new Set<string>();
  #interpreter = false;

  /**
   * @param text a trace in the format of the tracefs `trace` file
   * @param name what an error calls it
   * @throws NoScenarioError if the trace holds no scenario
   */
  constructor(text: string, name: string) {
    const lines = readLines(text);
    this.#interpreter = lines.some((line) => line.event === 'run_fn');
    const marks = lines.filter(isMark).map((line) => ({ ms: line.ms, mark: markOf(line.text) }));
    const start = marks.find(({ mark }) => mark.startsWith('main > fn main'))?.ms;
    if (start === undefined) throw new NoScenarioError(name);
    const end = marks.find(({ mark }) => mark.startsWith('main < fn main'))?.ms ?? Infinity;
    for (const { ms, mark } of marks) if (ms >= start && ms <= end) this.#addMark(ms - start, mark);
    this.#findOwnTasks();
    for (const line of lines) if (line.ms >= start && line.ms <= end) this.#addLine(line);
  }

  #addMark(ms: number, mark: string): void {
    const space = mark.indexOf(' ');
    const actor = mark.slice(0, space);
    at(this.calls, actor).push(mark.slice(space + 1).trim());
    at(this.when, actor).push(ms);
  }

  #findOwnTasks(): void {
    for (const marks of this.calls.values()) {
      for (const mark of marks) {
        const created = CREATE.exec(mark);
        if (created !== null) this.own.add([...created[2]!].slice(0, 15).join(''));
      }
    }
    this.own.add('km_main');
  }

  #addLine({ ms, cpu, event, text }: Line): void {
    if (event === 'sched_switch') this.#addSwitch(ms, cpu, text);
    else if (TASK_EVENTS.includes(event)) {
      const comm = /comm=(.*?) pid=/.exec(text)?.[1];
      if (comm !== undefined) this.#addTask(comm, event.slice(6));
    } else if (event === 'tlb_flush') {
      const reason = /reason[:=](.*?) ?(?:\((\d)\))?$/.exec(text)?.[1];
      if (reason !== undefined) count(this.tlb, `cpu ${cpu} ${reason}`);
    } else if (event === 'signal_generate') {
      const signal = /sig=(\d+) .*?comm=(.*?) pid=\d+ grp=(\d) res=(\d)/.exec(text);
      if (signal !== null) this.#addTask(signal[2]!, `signal ${signal[1]} res=${signal[4]}`);
    } else if (event.startsWith('workqueue_') || KTHREAD_WORK_EVENTS.includes(event)) this.#addWork(event, text);
  }

  #addSwitch(ms: number, cpu: number, text: string): void {
    const match = SWITCH.exec(text);
    if (match === null) return;
    const prev = match[1]!;
    const state = match[4]!;
    const next = match[5]!;
    const since = this.#since.get(prev);
    if (this.own.has(prev) && since !== undefined) {
      this.ran.set(prev, (this.ran.get(prev) ?? 0) + ms - since);
      this.#since.delete(prev);
    }
    if (this.own.has(next)) {
      this.#since.set(next, ms);
      const cpus = at(this.cpus, next);
      if (cpus.at(-1) !== cpu) cpus.push(cpu);
    }
    // an involuntary switch: neither this one nor the next one in counts
    if (state === 'R' || state === 'R+') {
      if (this.own.has(prev)) {
        count(this.preempted, prev);
        this.#skip.add(prev);
      }
    } else if (state !== 'X') {
      // the last switch of an exited task may fall behind the end of the recording
      this.#addTask(prev, `out ${state}`);
    }
    if (!this.#skip.delete(next)) this.#addTask(next, 'in');
  }

  #addTask(comm: string, what: string): void {
    if (this.own.has(comm)) at(this.tasks, comm).push(what);
  }

  #addWork(event: string, text: string): void {
    if (this.#interpreter ? !REAL_FN.test(text) : NOISE_FN.test(text)) return;
    const barrier = text.includes('barrier') || text.includes('flush_work') || text.includes('kthread_flush');
    this.works.push(`${event} ${barrier ? 'barrier' : 'work'}`);
  }
}

function readLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const groups = LINE.exec(line)?.groups;
    if (groups === undefined) continue;
    lines.push({
      ms: Number(groups['at']) * 1e3,
      cpu: Number(groups['cpu']),
      event: groups['event']!,
      text: groups['text']!,
    });
  }
  return lines;
}

function isMark({ event, text }: Line): boolean {
  return (text.startsWith('km ') || text.slice(0, 24).includes(' km ')) && MARK_EVENTS.includes(event);
}

function markOf(text: string): string {
  return text.slice(text.indexOf('km ') + 3);
}

function at<T>(map: Map<string, T[]>, key: string): T[] {
  let list = map.get(key);
  if (list === undefined) map.set(key, (list = []));
  return list;
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
