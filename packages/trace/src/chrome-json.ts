import { SCHED_SWITCH, type SchedSwitchFields } from './events-sched.ts';
import { isEvent, type TraceEvent } from './trace-event.ts';
import type { TextOutput } from './tracefs-text.ts';

/** Process that holds one row for each CPU. */
const CPUS_PID = 0;
/** Process that holds one row for each task. */
const TASKS_PID = 1;

/**
 * Write events in the Trace Event Format that chrome://tracing and ui.perfetto.dev open: a row for each CPU with who
 * runs there, and a row for each task with when it runs; the other events are marks on the task's row. Times in µs.
 */
export function writeChromeJson(events: Iterable<TraceEvent>, out: TextOutput): void {
  new ChromeWriter(out).write(events);
}

/** A slice that has begun. */
interface Running {
  readonly pid: number;
  readonly comm: string;
  readonly prio: number;
  readonly at: number;
}

class ChromeWriter {
  readonly #out: TextOutput;
  readonly #running: (Running | undefined)[] = [];
  readonly #comms: (string | undefined)[] = [];
  #first = true;
  #lastNs = 0;

  constructor(out: TextOutput) {
    this.#out = out;
  }

  write(events: Iterable<TraceEvent>): void {
    this.#out.write('{"displayTimeUnit":"ns","traceEvents":[');
    this.#name('process_name', CPUS_PID, 0, 'CPUs');
    this.#name('process_name', TASKS_PID, 0, 'Tasks');
    for (const event of events) {
      if (event.at > this.#lastNs) this.#lastNs = event.at;
      if (isEvent(event, SCHED_SWITCH)) this.#switch(event);
      else this.#mark(event);
    }
    for (let cpu = 0; cpu < this.#running.length; cpu++) this.#end(cpu, this.#lastNs, '');
    for (let pid = 1; pid < this.#comms.length; pid++) {
      if (this.#comms[pid] !== undefined) this.#name('thread_name', TASKS_PID, pid, `${this.#comms[pid]} ${pid}`);
    }
    this.#out.write('\n]}\n');
  }

  #switch(event: TraceEvent<SchedSwitchFields>): void {
    const { next_pid: pid, next_comm: comm, next_prio: prio, prev_state: state } = event.fields;
    if (!(event.cpu in this.#running)) this.#name('thread_name', CPUS_PID, event.cpu, `CPU ${event.cpu}`);
    this.#end(event.cpu, event.at, state);
    this.#running[event.cpu] = pid === 0 ? undefined : { pid, comm, prio, at: event.at };
    this.#comms[event.fields.prev_pid] = event.fields.prev_comm;
    this.#comms[pid] = comm;
  }

  #end(cpu: number, at: number, state: string): void {
    const run = this.#running[cpu];
    if (run === undefined) return;
    const args = { pid: run.pid, prio: run.prio, end_state: state };
    const slice = { ph: 'X', cat: 'sched', ts: us(run.at), dur: us(at - run.at) };
    this.#add({ ...slice, name: run.comm, pid: CPUS_PID, tid: cpu, args });
    this.#add({ ...slice, name: 'Running', pid: TASKS_PID, tid: run.pid, args: { cpu, end_state: state } });
  }

  #mark(event: TraceEvent): void {
    const where = event.pid === 0 ? { pid: CPUS_PID, tid: event.cpu } : { pid: TASKS_PID, tid: event.pid };
    if (event.pid !== 0) this.#comms[event.pid] ??= event.comm;
    const args = { cpu: event.cpu, text: event.text };
    this.#add({ ph: 'i', s: 't', name: event.name, cat: 'event', ts: us(event.at), ...where, args });
  }

  #name(name: string, pid: number, tid: number, value: string): void {
    this.#add({ ph: 'M', name, pid, tid, args: { name: value } });
  }

  #add(entry: object): void {
    this.#out.write((this.#first ? '\n' : ',\n') + JSON.stringify(entry));
    this.#first = false;
  }
}

function us(ns: number): number {
  return ns / 1000;
}
