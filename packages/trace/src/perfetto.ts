import {
  SCHED_KTHREAD_WORK_EXECUTE_END,
  SCHED_KTHREAD_WORK_EXECUTE_START,
  SCHED_KTHREAD_WORK_QUEUE_WORK,
  SCHED_PROCESS_FORK,
  SCHED_SWITCH,
  WORKQUEUE_EXECUTE_START,
  WORKQUEUE_QUEUE_WORK,
} from './events.ts';
import { isKernelThreadName } from './kernel-thread-names.ts';
import { PerfettoEventBody } from './perfetto-events.ts';
import { ProtoWriter } from './proto-writer.ts';
import { isEvent, type TraceEvent } from './trace-event.ts';

/** Where bytes go, piece by piece. */
export interface BinaryOutput {
  /** Take the next piece; it is valid during the call only. */
  write(bytes: Uint8Array): void;
}

/**
 * Write events as a Perfetto trace, which ui.perfetto.dev and trace_processor open: who ran where, what woke it, works,
 * softirqs and interrupts; beside what Perfetto draws itself, each work has an arrow from where it was queued to where it
 * ran, and works of kthread workers have slices. Events may come in any order of CPUs. About 1000 of them are held back.
 * @param holes CPUs of which events are missing before the next: who gives the events adds them, and here they are taken
 */
export function writePerfetto(events: Iterable<TraceEvent>, out: BinaryOutput, holes: Set<number> = new Set()): void {
  const writer = new PerfettoWriter(out, holes);
  for (const event of events) writer.add(event);
  writer.end();
}

/** Numbers of TracePacket's fields. */
const PACKET = {
  ftrace: 1,
  tree: 2,
  at: 8,
  sequence: 10,
  track: 11,
  interned: 12,
  flags: 13,
  system: 45,
  descriptor: 60,
};
/** Type of a TrackEvent. */
const TRACK = { begin: 1, end: 2, instant: 3 };
const SEQUENCE = 1;
const STATE_CLEARED = 1;
const NEEDS_STATE = 2;
const KTHREADD = 2;
const MOST_HELD = 1024;
// without the release Perfetto takes prev_state for that of an old kernel
const RELEASE = '6.12.95';

class PerfettoWriter {
  readonly #out: BinaryOutput;
  readonly #file = new ProtoWriter();
  readonly #packet = new ProtoWriter();
  readonly #event = new ProtoWriter();
  readonly #part = new ProtoWriter();
  readonly #piece = new ProtoWriter();
  readonly #body: PerfettoEventBody;
  readonly #holes: Set<number>;
  // by CPU
  readonly #bundles: (ProtoWriter | undefined)[] = [];
  #held = 0;
  readonly #symbols = new Map<string, number>();
  readonly #newSymbols: string[] = [];
  readonly #comms = new Map<number, string>();
  readonly #children = new Set<number>();
  readonly #tracks = new Set<number>();
  // by work, from where it was queued until it starts
  readonly #flows = new Map<string, number>();
  #nextFlow = 1;
  #packets = 0;

  constructor(out: BinaryOutput, holes: Set<number>) {
    this.#out = out;
    this.#holes = holes;
    this.#body = new PerfettoEventBody(new ProtoWriter(), new ProtoWriter(), (name) => this.#symbol(name));
    this.#system();
  }

  add(event: TraceEvent): void {
    this.#learn(event);
    const hole = this.#holes.delete(event.cpu);
    // a bundle is whole
    if (hole) this.#flush();
    const bundle = this.#bundle(event.cpu);
    if (hole) bundle.int(3, 1);
    const { at, pid, flags } = event;
    this.#event.clear();
    this.#event.int(1, at);
    this.#event.int(2, pid);
    this.#event.int(5, flags & 0xff);
    this.#body.write(event, this.#event);
    bundle.message(2, this.#event);
    if (++this.#held >= MOST_HELD) this.#flush();
    this.#works(event);
  }

  end(): void {
    this.#flush();
    this.#tree();
  }

  #bundle(cpu: number): ProtoWriter {
    const bundle = (this.#bundles[cpu] ??= new ProtoWriter());
    if (bundle.length === 0) bundle.int(1, cpu);
    return bundle;
  }

  /** Write the events that are held back; the names of functions in them first. */
  #flush(): void {
    this.#intern();
    for (const bundle of this.#bundles) {
      if (bundle === undefined || bundle.length === 0) continue;
      this.#packet.message(PACKET.ftrace, bundle);
      this.#emit();
      bundle.clear();
    }
    this.#held = 0;
  }

  #symbol(name: string): number {
    let number = this.#symbols.get(name);
    if (number === undefined) {
      number = this.#symbols.size + 1;
      this.#symbols.set(name, number);
      this.#newSymbols.push(name);
    }
    return number;
  }

  #intern(): void {
    if (this.#newSymbols.length === 0) return;
    this.#part.clear();
    for (const name of this.#newSymbols.splice(0)) {
      this.#piece.clear();
      this.#piece.int(1, this.#symbols.get(name)!);
      this.#piece.string(2, name);
      this.#part.message(26, this.#piece);
    }
    this.#packet.message(PACKET.interned, this.#part);
    this.#emit();
  }

  #system(): void {
    this.#piece.string(1, 'Linux');
    this.#piece.string(3, RELEASE);
    this.#part.message(1, this.#piece);
    this.#packet.message(PACKET.system, this.#part);
    this.#emit();
  }

  #learn(event: TraceEvent): void {
    if (event.pid > 0) this.#comms.set(event.pid, event.comm);
    if (isEvent(event, SCHED_SWITCH)) {
      this.#comms.set(event.fields.prev_pid, event.fields.prev_comm);
      this.#comms.set(event.fields.next_pid, event.fields.next_comm);
    } else if (isEvent(event, SCHED_PROCESS_FORK)) {
      this.#comms.set(event.fields.child_pid, event.fields.child_comm);
      if (event.fields.parent_pid === KTHREADD) this.#children.add(event.fields.child_pid);
    }
  }

  /** Kernel threads are the children of kthreadd; Perfetto tells them from processes by that. */
  #tree(): void {
    this.#part.clear();
    for (const [pid, comm] of this.#comms) {
      const child = this.#children.has(pid) || isKernelThreadName(comm);
      if (pid <= 0 || (pid !== KTHREADD && !child)) continue;
      this.#piece.clear();
      this.#piece.int(1, pid);
      this.#piece.int(2, pid === KTHREADD ? 0 : KTHREADD);
      this.#piece.string(3, comm);
      this.#piece.int(8, 1);
      this.#piece.int(9, 1);
      this.#part.message(1, this.#piece);
    }
    this.#packet.message(PACKET.tree, this.#part);
    this.#emit();
  }

  #works(event: TraceEvent): void {
    if (isEvent(event, WORKQUEUE_QUEUE_WORK) || isEvent(event, SCHED_KTHREAD_WORK_QUEUE_WORK)) {
      const flow = this.#nextFlow++;
      this.#flows.set(event.fields.work, flow);
      this.#track(event, TRACK.instant, `queue ${event.fields.function}`, 47, flow);
    } else if (isEvent(event, WORKQUEUE_EXECUTE_START)) {
      this.#started(event, TRACK.instant, `start ${event.fields.function}`, event.fields.work);
    } else if (isEvent(event, SCHED_KTHREAD_WORK_EXECUTE_START)) {
      this.#started(event, TRACK.begin, event.fields.function, event.fields.work);
    } else if (isEvent(event, SCHED_KTHREAD_WORK_EXECUTE_END)) this.#track(event, TRACK.end, '', 0, 0);
  }

  #started(event: TraceEvent, type: number, name: string, work: string): void {
    const flow = this.#flows.get(work) ?? 0;
    this.#flows.delete(work);
    this.#track(event, type, name, 48, flow);
  }

  /** @param flowField 47 for where an arrow begins, 48 for where it ends @param flow 0 for no arrow */
  #track({ at, pid, cpu, comm }: TraceEvent, type: number, name: string, flowField: number, flow: number): void {
    const uuid = this.#trackOf(pid === 0 ? -1 - cpu : pid, pid === 0 ? `idle CPU ${cpu}` : comm);
    this.#part.clear();
    this.#part.int(9, type);
    this.#part.int(11, uuid);
    this.#part.string(22, 'work');
    if (name !== '') this.#part.string(23, name);
    if (flow !== 0) this.#part.fixed64(flowField, flow);
    this.#packet.int(PACKET.at, at);
    this.#packet.message(PACKET.track, this.#part);
    this.#emit();
  }

  /** The track of a task's thread, or one of its own for what happens while a CPU is idle. */
  #trackOf(id: number, name: string): number {
    const uuid = id > 0 ? id * 2 : -id * 2 + 1;
    if (this.#tracks.has(id)) return uuid;
    this.#tracks.add(id);
    this.#part.clear();
    this.#part.int(1, uuid);
    if (id < 0) this.#part.string(2, name);
    else {
      this.#piece.clear();
      this.#piece.int(1, id);
      this.#piece.int(2, id);
      this.#part.message(4, this.#piece);
    }
    this.#packet.message(PACKET.descriptor, this.#part);
    this.#emit();
    return uuid;
  }

  #emit(): void {
    this.#packet.int(PACKET.sequence, SEQUENCE);
    this.#packet.int(PACKET.flags, this.#packets++ === 0 ? STATE_CLEARED : NEEDS_STATE);
    this.#file.clear();
    this.#file.message(1, this.#packet);
    this.#packet.clear();
    this.#out.write(this.#file.bytes);
  }
}
