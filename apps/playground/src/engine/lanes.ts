import { AT, COMM, CPU, EVENT, PID, RECORD_SIZE, VALUES, type TraceHub } from '@kernel-model/trace';
import { STATES, type LaneInfo, type SpanColumns, type StateName, type WorkSpan } from './protocol.ts';
import type { Records } from './columns.ts';

const CODE = Object.fromEntries(STATES.map((name, i) => [name, i])) as Readonly<Record<StateName, number>>;

/** What a task did when the recording began. */
export interface InitialTask {
  readonly pid: number;
  readonly comm: string;
  readonly state: StateName;
  readonly cpu: number;
}

/** How the rows of a timeline are made. */
export interface LaneOptions {
  readonly fromNs: number;
  readonly toNs: number;
  readonly cpus: number;
  readonly initial: readonly InitialTask[];
  /** The scenario's own tasks, by name, in the order in which they are shown. */
  readonly own: readonly string[];
  /** Events at which the task that left its CPU was frozen. */
  readonly frozen: ReadonlySet<number>;
}

/** Rows, spans and works of a recording. */
export interface Lanes {
  readonly lanes: readonly LaneInfo[];
  readonly spans: SpanColumns;
  readonly works: readonly WorkSpan[];
}

/** Work out who ran where and when, and what every other task did meanwhile. */
export function buildLanes(records: Records, hub: TraceHub, options: LaneOptions): Lanes {
  const builder = new Builder(hub, options);
  const { data } = records;
  for (let i = 0; i < records.count; i++) builder.take(data, i * RECORD_SIZE, i);
  return builder.finish();
}

/** The spans of a lane while they are made; the last one is open. */
class OpenLane {
  readonly start: number[] = [];
  readonly state: number[] = [];
  readonly who: number[] = [];
  readonly event: number[] = [];
  active = false;

  become(state: number, who: number, at: number, event: number): void {
    const last = this.start.length - 1;
    if (last >= 0 && this.state[last] === state && this.who[last] === who) return;
    this.start.push(at);
    this.state.push(state);
    this.who.push(who);
    this.event.push(event);
  }

  get current(): number {
    return this.state.at(-1) ?? -1;
  }

  get place(): number {
    return this.who.at(-1) ?? 0;
  }
}

class Builder {
  readonly #hub: TraceHub;
  readonly #options: LaneOptions;
  readonly #cpus: OpenLane[] = [];
  readonly #tasks = new Map<number, OpenLane>();
  readonly #comms = new Map<number, string>();
  readonly #works: WorkSpan[] = [];
  readonly #openWorks = new Map<number, { start: number; name: string }>();
  readonly #handlers: ((data: Float64Array, offset: number, event: number) => void)[] = [];

  constructor(hub: TraceHub, options: LaneOptions) {
    this.#hub = hub;
    this.#options = options;
    for (let cpu = 0; cpu < options.cpus; cpu++) this.#cpus.push(new OpenLane());
    for (const { pid, comm, state, cpu } of options.initial) {
      this.#comms.set(pid, comm);
      this.#task(pid).become(CODE[state], cpu, options.fromNs, -1);
      if (state !== 'running') continue;
      this.#task(pid).active = true;
      this.#cpus[cpu]!.become(CODE.running, pid, options.fromNs, -1);
    }
    for (const lane of this.#cpus) if (lane.start.length === 0) lane.become(CODE.idle, 0, options.fromNs, -1);
  }

  take(data: Float64Array, offset: number, event: number): void {
    const kind = data[offset + EVENT]!;
    (this.#handlers[kind] ??= this.#handler(this.#hub.def(kind).name))(data, offset, event);
  }

  finish(): Lanes {
    const { toNs, own } = this.#options;
    for (const [pid, { start, name }] of this.#openWorks) this.#works.push({ pid, start, end: toNs, name });
    const place = (comm: string): number => {
      const i = own.indexOf(comm);
      return i < 0 ? Infinity : i;
    };
    const tasks = [...this.#tasks]
      .filter(([, lane]) => lane.active)
      .map(([pid, lane]) => ({ pid, lane, comm: this.#comms.get(pid) ?? '?' }))
      .sort((a, b) => rank(place(a.comm), place(b.comm)) || a.pid - b.pid);
    const rows = [
      ...this.#cpus.map((lane, id) => ({ kind: 'cpu' as const, id, name: `CPU ${id}`, own: true, lane })),
      ...tasks.map(({ pid, lane, comm }) => ({
        kind: 'task' as const,
        id: pid,
        name: comm,
        own: own.includes(comm),
        lane,
      })),
    ];
    return { ...packed(rows, toNs), works: this.#works };
  }

  #handler(name: string): (data: Float64Array, offset: number, event: number) => void {
    switch (name) {
      case 'sched_switch':
        return (data, offset, event) => this.#switch(data, offset, event);
      case 'sched_waking':
      case 'sched_wakeup':
      case 'sched_wakeup_new':
        return (data, offset, event) => this.#wake(data, offset, event);
      case 'sched_process_fork':
        return (data, o, event) => {
          const child = data[o + VALUES + 3]!;
          this.#comms.set(child, this.#hub.text(data[o + VALUES + 2]!));
          this.#task(child).active = true;
          this.#task(child).become(CODE.D, data[o + CPU]!, data[o + AT]!, event);
        };
      case 'sched_migrate_task':
        return (data, o, event) => {
          const lane = this.#task(data[o + VALUES + 1]!);
          if (lane.current === CODE.runnable) lane.become(CODE.runnable, data[o + VALUES + 4]!, data[o + AT]!, event);
        };
      case 'task_rename':
        return (data, o) => void this.#comms.set(data[o + PID]!, this.#hub.text(data[o + COMM]!));
      case 'workqueue_execute_start':
      case 'sched_kthread_work_execute_start':
        return (data, o) => {
          this.#openWorks.set(data[o + PID]!, { start: data[o + AT]!, name: this.#workName(data, o) });
        };
      case 'workqueue_execute_end':
      case 'sched_kthread_work_execute_end':
        return (data, o) => {
          const pid = data[o + PID]!;
          const work = this.#openWorks.get(pid);
          if (work !== undefined) this.#works.push({ pid, ...work, end: data[o + AT]! });
          this.#openWorks.delete(pid);
        };
      default:
        return () => {};
    }
  }

  #workName(data: Float64Array, offset: number): string {
    const fields = this.#hub.event(data, offset).fields as { readonly function?: unknown };
    return String(fields.function ?? '?');
  }

  #switch(data: Float64Array, o: number, event: number): void {
    const at = data[o + AT]!;
    const cpu = data[o + CPU]!;
    const prev = data[o + VALUES + 1]!;
    const next = data[o + VALUES + 5]!;
    this.#cpus[cpu]!.become(next === 0 ? CODE.idle : CODE.running, next, at, event);
    if (prev !== 0) {
      const letter = this.#hub.text(data[o + VALUES + 3]!);
      const state = this.#options.frozen.has(event) ? CODE.frozen : stateOf(letter);
      this.#comms.set(prev, this.#hub.text(data[o + VALUES]!));
      const lane = this.#task(prev);
      lane.active = true;
      lane.become(state, cpu, at, event);
    }
    if (next !== 0) {
      this.#comms.set(next, this.#hub.text(data[o + VALUES + 4]!));
      const lane = this.#task(next);
      lane.active = true;
      lane.become(CODE.running, cpu, at, event);
    }
  }

  #wake(data: Float64Array, o: number, event: number): void {
    const pid = data[o + VALUES + 1]!;
    const lane = this.#task(pid);
    this.#comms.set(pid, this.#hub.text(data[o + VALUES]!));
    // a task may be woken while it is still running, and then it just goes on
    if (lane.current === CODE.running || lane.current === CODE.runnable) return;
    lane.active = true;
    lane.become(CODE.runnable, data[o + VALUES + 3]!, data[o + AT]!, event);
  }

  #task(pid: number): OpenLane {
    let lane = this.#tasks.get(pid);
    if (lane === undefined) this.#tasks.set(pid, (lane = new OpenLane()));
    return lane;
  }
}

function rank(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function stateOf(prevState: string): number {
  switch (prevState[0]) {
    case 'R':
      return CODE.runnable;
    case 'D':
      return CODE.D;
    case 'I':
      return CODE.I;
    case 'P':
      return CODE.parked;
    case 'T':
    case 't':
      return CODE.T;
    case 'X':
    case 'Z':
      return CODE.dead;
    default:
      return CODE.S;
  }
}

type Row = Omit<LaneInfo, 'first' | 'count'> & { readonly lane: OpenLane };

function packed(rows: readonly Row[], toNs: number): { lanes: LaneInfo[]; spans: SpanColumns } {
  const n = rows.reduce((sum, { lane }) => sum + lane.start.length, 0);
  const spans = {
    start: new Float64Array(n),
    end: new Float64Array(n),
    state: new Uint8Array(n),
    who: new Int32Array(n),
    event: new Int32Array(n),
  };
  let first = 0;
  const lanes = rows.map(({ lane, ...info }): LaneInfo => {
    const count = lane.start.length;
    spans.start.set(lane.start, first);
    spans.end.set(lane.start.slice(1), first);
    spans.end[first + count - 1] = toNs;
    spans.state.set(lane.state, first);
    spans.who.set(lane.who, first);
    spans.event.set(lane.event, first);
    first += count;
    return { ...info, first: first - count, count };
  });
  return { lanes, spans };
}
