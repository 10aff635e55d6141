import type { ProtoWriter } from './proto-writer.ts';
import type { TraceEvent } from './trace-event.ts';

/** How the fields of an event are written: the number of the message in FtraceEvent, and of each field in it. */
interface Message {
  readonly number: number;
  readonly fields: Readonly<Record<string, number>>;
}

const WAKEUP = { comm: 1, pid: 2, prio: 3, target_cpu: 5 };
const PROCESS = { comm: 1, pid: 2, prio: 3 };
const EXECUTE = { work: 1, function: 2 };

/** The events that Perfetto has a message for, with the numbers of protos/perfetto/trace/ftrace/ftrace_event.proto. */
const MESSAGES: Readonly<Record<string, Message>> = {
  sched_switch: {
    number: 4,
    fields: { prev_comm: 1, prev_pid: 2, prev_prio: 3, prev_state: 4, next_comm: 5, next_pid: 6, next_prio: 7 },
  },
  sched_wakeup: { number: 17, fields: WAKEUP },
  sched_waking: { number: 20, fields: WAKEUP },
  sched_wakeup_new: { number: 114, fields: WAKEUP },
  sched_migrate_task: { number: 491, fields: { comm: 1, pid: 2, prio: 3, orig_cpu: 4, dest_cpu: 5 } },
  sched_process_exec: { number: 237, fields: { filename: 1, pid: 2, old_pid: 3 } },
  sched_process_exit: { number: 238, fields: { comm: 1, pid: 2, prio: 4 } },
  sched_process_fork: { number: 239, fields: { parent_comm: 1, parent_pid: 2, child_comm: 3, child_pid: 4 } },
  sched_process_free: { number: 240, fields: PROCESS },
  sched_process_hang: { number: 241, fields: { comm: 1, pid: 2 } },
  sched_process_wait: { number: 242, fields: PROCESS },
  sched_pi_setprio: { number: 353, fields: { comm: 1, newprio: 2, oldprio: 3, pid: 4 } },
  softirq_entry: { number: 24, fields: { vec: 1 } },
  softirq_exit: { number: 25, fields: { vec: 1 } },
  softirq_raise: { number: 26, fields: { vec: 1 } },
  irq_handler_entry: { number: 36, fields: { irq: 1, name: 2 } },
  irq_handler_exit: { number: 37, fields: { irq: 1, ret: 2 } },
  workqueue_activate_work: { number: 56, fields: EXECUTE },
  workqueue_execute_end: { number: 57, fields: EXECUTE },
  workqueue_execute_start: { number: 58, fields: EXECUTE },
  workqueue_queue_work: { number: 59, fields: { work: 1, function: 2, req_cpu: 4, cpu: 5, workqueue: 6 } },
  cpu_idle: { number: 13, fields: { state: 1, cpu_id: 2 } },
  mm_vmscan_direct_reclaim_begin: { number: 46, fields: { order: 1 } },
  mm_vmscan_direct_reclaim_end: { number: 47, fields: { nr_reclaimed: 1 } },
  mm_vmscan_kswapd_wake: { number: 48, fields: { nid: 1, order: 2 } },
  mm_vmscan_kswapd_sleep: { number: 49, fields: { nid: 1 } },
  mm_compaction_kcompactd_sleep: { number: 107, fields: { nid: 1 } },
  mm_compaction_kcompactd_wake: { number: 108, fields: { nid: 1, order: 2 } },
  mm_compaction_wakeup_kcompactd: { number: 112, fields: { nid: 1, order: 2 } },
  task_newtask: { number: 235, fields: { pid: 1, comm: 2, clone_flags: 3, oom_score_adj: 4 } },
  task_rename: { number: 236, fields: { pid: 1, oldcomm: 2, newcomm: 3, oom_score_adj: 4 } },
  signal_deliver: { number: 324, fields: { code: 1, sa_flags: 2, sig: 3 } },
  signal_generate: { number: 325, fields: { code: 1, comm: 2, group: 3, pid: 4, result: 5, sig: 6 } },
};
const PRINT = 3;
const GENERIC = 327;

const STATES: Readonly<Record<string, number>> = {
  R: 0,
  S: 1,
  D: 2,
  T: 4,
  t: 8,
  X: 16,
  Z: 32,
  P: 64,
  I: 128,
  'R+': 256,
};

/** Writes what an event says into an FtraceEvent. */
export class PerfettoEventBody {
  readonly #body: ProtoWriter;
  readonly #field: ProtoWriter;
  readonly #symbol: (name: string) => number;

  /** @param symbol the number of the name of a function, see InternedData */
  constructor(body: ProtoWriter, field: ProtoWriter, symbol: (name: string) => number) {
    this.#body = body;
    this.#field = field;
    this.#symbol = symbol;
  }

  /** Write the message for this event into `out`. */
  write(event: TraceEvent, out: ProtoWriter): void {
    const { name, fields } = event;
    const message = MESSAGES[name];
    const body = this.#body;
    body.clear();
    const known = Object.entries(fields as Record<string, unknown>);
    if (name === 'tracing_mark_write' || name === 'print') {
      body.string(2, `${event.text}\n`);
      out.message(PRINT, body);
    } else if (message === undefined || known.length === 0) {
      this.#generic(event, known);
      out.message(GENERIC, body);
    } else {
      for (const [field, value] of known) {
        const number = message.fields[field];
        if (number !== undefined) this.#value(number, field, value);
      }
      out.message(message.number, body);
    }
  }

  #value(number: number, field: string, value: unknown): void {
    const body = this.#body;
    if (field === 'prev_state') body.int(number, STATES[value as string] ?? 0);
    else if (field === 'ret') body.int(number, value === 'handled' ? 1 : 0);
    else if (field === 'work') body.int(number, addressOf(value as string));
    else if (field === 'function') body.int(number, this.#symbol(value as string));
    else if (typeof value === 'number') body.int(number, value);
    else body.string(number, String(value));
  }

  /** An event that Perfetto has no message for: its name, and each field with its name. */
  #generic({ name, text }: TraceEvent, known: readonly (readonly [string, unknown])[]): void {
    this.#body.string(1, name);
    for (const [field, value] of known.length > 0 ? known : [['text', text] as const]) {
      this.#field.clear();
      this.#field.string(1, field);
      if (typeof value === 'number') this.#field.int(4, value);
      else this.#field.string(3, String(value));
      this.#body.message(2, this.#field);
    }
  }
}

/** The number of an address that is printed in hexadecimal. */
export function addressOf(text: string): bigint {
  const digits = text.replace(/^0x/, '');
  return /^[0-9a-f]{1,16}$/.test(digits) ? BigInt(`0x${digits}`) : 0n;
}
