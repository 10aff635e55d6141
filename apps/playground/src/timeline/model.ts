import { STATES, type LaneInfo, type RunData, type StateName } from '../engine/protocol.ts';
import { firstAbove } from './search.ts';

/** What kind of mark an event leaves in the picture; 0 for none. */
export const MARK = 1;
/** A wakeup: an arrow from the waker to the woken. */
export const WAKE = 2;
/** An interrupt sent from one CPU to another. */
export const IPI = 3;
/** A TLB flush. */
export const TLB = 4;
/** A signal. */
export const SIGNAL = 5;
/** A work is queued. */
export const QUEUED = 6;

const KINDS: Readonly<Record<string, number>> = {
  tracing_mark_write: MARK,
  sched_waking: WAKE,
  ipi_send_cpu: IPI,
  tlb_flush: TLB,
  signal_generate: SIGNAL,
  workqueue_queue_work: QUEUED,
  sched_kthread_work_queue_work: QUEUED,
};

/** Code of the state in which somebody runs. */
export const RUNNING: number = STATES.indexOf('running');
/** Code of the state in which a task waits for a CPU. */
export const RUNNABLE: number = STATES.indexOf('runnable');
/** Code of the state in which a CPU has nothing to do. */
export const IDLE: number = STATES.indexOf('idle');
/** Code of the state after the end. */
export const DEAD: number = STATES.indexOf('dead');

/** A run, ready to be drawn and asked about: what can be worked out once is. */
export class TimelineModel {
  /** Kind of each event's mark. */
  readonly kinds: Uint8Array;
  /** Time that spans before the i-th were running, all lanes in a row, in ns. */
  readonly ranBefore: Float64Array;
  readonly laneOfPid: ReadonlyMap<number, number>;

  constructor(readonly run: RunData) {
    const { events, spans, lanes, names } = run;
    const kindOfName = names.map((name) => KINDS[name] ?? 0);
    this.kinds = new Uint8Array(events.count);
    for (let i = 0; i < events.count; i++) this.kinds[i] = kindOfName[events.name[i]!]!;
    this.ranBefore = new Float64Array(spans.start.length + 1);
    for (let i = 0; i < spans.start.length; i++) {
      const ran = spans.state[i] === RUNNING ? spans.end[i]! - spans.start[i]! : 0;
      this.ranBefore[i + 1] = this.ranBefore[i]! + ran;
    }
    this.laneOfPid = new Map(lanes.flatMap((lane, i) => (lane.kind === 'task' ? [[lane.id, i] as const] : [])));
  }

  /** Length of the run in ns. */
  get lengthNs(): number {
    return this.run.endNs - this.run.startNs;
  }

  /** The span of a lane at an instant; -1 if there is none. @param atNs since boot */
  spanAt(lane: LaneInfo, atNs: number): number {
    const { spans } = this.run;
    const to = lane.first + lane.count;
    const i = firstAbove(spans.end, atNs, lane.first, to);
    if (i < to && spans.start[i]! <= atNs) return i;
    return lane.count > 0 && atNs === spans.end[to - 1] ? to - 1 : -1;
  }

  /** The lane of a span. */
  laneOfSpan(span: number): LaneInfo {
    return this.run.lanes.find((lane) => span >= lane.first && span < lane.first + lane.count)!;
  }

  /** The last event at or before an instant; 0 if all come later. */
  eventAt(atNs: number): number {
    const { events } = this.run;
    return Math.max(0, firstAbove(events.at, atNs, 0, events.count) - 1);
  }

  /** Name of a state code. */
  stateName(code: number): StateName {
    return STATES[code]!;
  }

  /** The name of a task. */
  commOf(pid: number): string {
    const lane = this.laneOfPid.get(pid);
    return lane === undefined ? (pid === 0 ? 'idle' : `pid ${pid}`) : this.run.lanes[lane]!.name;
  }

  /** Row of the CPU or the task that an event happened in: interrupts belong to the CPU. */
  laneOfEvent(event: number): number {
    const { events } = this.run;
    const pid = events.pid[event]!;
    const inInterrupt = (events.flags[event]! & INTERRUPT_FLAGS) !== 0;
    const lane = pid === 0 || inInterrupt ? undefined : this.laneOfPid.get(pid);
    return lane ?? events.cpu[event]!;
  }
}

/** TRACE_FLAG_HARDIRQ and TRACE_FLAG_SOFTIRQ of the trace package. */
export const INTERRUPT_FLAGS: number = 0x08 | 0x10;
