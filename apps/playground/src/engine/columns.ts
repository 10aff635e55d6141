import { AT, CPU, EVENT, FLAGS, PID, RECORD_SIZE, VALUES, type RecordSink, type TraceHub } from '@kernel-model/trace';
import { DEFAULT_EVENTS } from '@kernel-model/runner';
import type { EventColumns } from './protocol.ts';

/** Where an event says which task and which CPU it is about. */
interface Subject {
  readonly task: number;
  readonly target: number;
}

const TASK_FIELDS: readonly string[] = ['next_pid', 'child_pid', 'pid'];
const TARGET_FIELDS: readonly string[] = ['target_cpu', 'dest_cpu', 'cpu'];

/** What a page shows: what the command line records, and some of what happens between CPUs and in memory management. */
const KEPT: ReadonlySet<string> = new Set([
  ...DEFAULT_EVENTS,
  'cpuhp_enter',
  'cpuhp_exit',
  'ipi_send_cpu',
  'mm_vmscan_kswapd_sleep',
  'mm_vmscan_kswapd_wake',
  'mm_vmscan_wakeup_kswapd',
  'task_rename',
]);

/** Whether a page shows events of this name. */
export function isKept(name: string): boolean {
  return KEPT.has(name);
}

/** Keeps the records of a hub that a page shows, so that each can be had again by its number. */
export class Records implements RecordSink {
  count = 0;
  /** Nothing later is kept: the end of the recording in ns. */
  endNs = Infinity;
  #data = new Float64Array(1024 * RECORD_SIZE);
  readonly #hub: TraceHub;
  /** Most events that are kept. */
  readonly #most: number;
  // for each event of the hub whether it is kept
  readonly #wanted: (boolean | undefined)[] = [];

  constructor(hub: TraceHub, most: number) {
    this.#hub = hub;
    this.#most = most;
  }

  /** Keep a record; called by the hub. */
  take(data: Float64Array, offset: number): void {
    const event = data[offset + EVENT]!;
    if (!(this.#wanted[event] ??= isKept(this.#hub.def(event).name))) return;
    if (data[offset + AT]! > this.endNs || this.count >= this.#most) return;
    const to = this.count++ * RECORD_SIZE;
    if (to + RECORD_SIZE > this.#data.length) {
      const more = new Float64Array(this.#data.length * 2);
      more.set(this.#data);
      this.#data = more;
    }
    for (let i = 0; i < RECORD_SIZE; i++) this.#data[to + i] = data[offset + i]!;
  }

  /** The raw records, and where record `i` begins: `i * RECORD_SIZE`. */
  get data(): Float64Array {
    return this.#data;
  }

  /** Columns for the page. @param nameOf index in the page's table of names, for an event's index in the hub */
  columns(nameOf: (event: number) => number): EventColumns {
    const n = this.count;
    const columns = {
      count: n,
      at: new Float64Array(n),
      cpu: new Uint16Array(n),
      pid: new Int32Array(n),
      flags: new Uint32Array(n),
      name: new Uint16Array(n),
      about: new Int32Array(n),
      target: new Int32Array(n),
    };
    const subjects: (Subject | undefined)[] = [];
    const data = this.#data;
    for (let i = 0, o = 0; i < n; i++, o += RECORD_SIZE) {
      const event = data[o + EVENT]!;
      const subject = (subjects[event] ??= subjectOf(this.#hub.def(event).fields.map((field) => field.name)));
      columns.at[i] = data[o + AT]!;
      columns.cpu[i] = data[o + CPU]!;
      columns.pid[i] = data[o + PID]!;
      columns.flags[i] = data[o + FLAGS]!;
      columns.name[i] = nameOf(event);
      columns.about[i] = subject.task < 0 ? -1 : data[o + VALUES + subject.task]!;
      columns.target[i] = subject.target < 0 ? -1 : data[o + VALUES + subject.target]!;
    }
    return columns;
  }
}

function subjectOf(fields: readonly string[]): Subject {
  const first = (names: readonly string[]): number => fields.findIndex((field) => names.includes(field));
  return { task: first(TASK_FIELDS), target: first(TARGET_FIELDS) };
}
