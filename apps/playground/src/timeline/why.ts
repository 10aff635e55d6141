import type { LaneInfo, StateName } from '../engine/protocol.ts';
import { IDLE, INTERRUPT_FLAGS, RUNNABLE, RUNNING, WAKE, type TimelineModel } from './model.ts';
import { firstAbove } from './search.ts';

/** Who woke a task. */
export interface Waker {
  readonly event: number;
  readonly pid: number;
  readonly comm: string;
  readonly cpu: number;
  /** An interrupt or a timer did, while that task was running. */
  readonly interrupt: boolean;
  readonly atNs: number;
}

/** Who had the CPU, and for how long. */
export interface Share {
  readonly pid: number;
  readonly comm: string;
  readonly ns: number;
}

/** What there is to say about a span. Instants in ns since the start of the run. */
export interface Why {
  readonly span: number;
  readonly lane: LaneInfo;
  readonly state: StateName;
  readonly startNs: number;
  readonly endNs: number;
  /** CPU of a task's span; of a CPU's lane its own. */
  readonly cpu: number;
  /** On a CPU's lane, who ran. */
  readonly comm: string;
  readonly pid: number;
  /** Who made it runnable: of a runnable span, of one that runs, and of a sleep that was ended. */
  readonly waker: Waker | null;
  /** How long it had waited for the CPU before it ran. */
  readonly waitedNs: number;
  /** Who ran on its CPU while it waited. */
  readonly meanwhile: readonly Share[];
  /** What it did next. */
  readonly next: StateName | null;
  /** Event that began it, or -1. */
  readonly event: number;
  /** Events in it that concern it: the first hundred. */
  readonly events: readonly number[];
}

const MOST_EVENTS = 100;

/** Say what a span is, who woke the task, why it waited, and what happened in it. */
export function whySpan(model: TimelineModel, span: number): Why {
  const { run } = model;
  const { spans } = run;
  const lane = model.laneOfSpan(span);
  const state = spans.state[span]!;
  const last = lane.first + lane.count - 1;
  const who = spans.who[span]!;
  const pid = lane.kind === 'cpu' ? who : lane.id;
  const task = lane.kind === 'task';
  const before = task && state === RUNNING && span > lane.first && spans.state[span - 1] === RUNNABLE ? span - 1 : -1;
  const waits = state === RUNNABLE ? span : before;
  const sleeps = task && state !== RUNNING && state !== RUNNABLE;
  const woken = waits >= 0 ? waits : sleeps && span < last ? span + 1 : -1;
  return {
    span,
    lane,
    state: model.stateName(state),
    startNs: spans.start[span]! - run.startNs,
    endNs: spans.end[span]! - run.startNs,
    cpu: task ? who : lane.id,
    comm: state === IDLE ? '' : model.commOf(pid),
    pid,
    waker: task && woken >= 0 ? wakerOf(model, spans.event[woken]!, lane.id) : null,
    waitedNs: before < 0 ? 0 : spans.end[before]! - spans.start[before]!,
    meanwhile: waits < 0 ? [] : shares(model, spans.who[waits]!, spans.start[waits]!, spans.end[waits]!),
    next: span < last ? model.stateName(spans.state[span + 1]!) : null,
    event: spans.event[span]!,
    events: eventsIn(model, lane, pid, spans.start[span]!, spans.end[span]!),
  };
}

/** The wakeup that an event belongs to: sched_waking comes first and names the waker. */
function wakerOf(model: TimelineModel, event: number, pid: number): Waker | null {
  const { events, names, startNs } = model.run;
  if (event < 0) return null;
  if (model.kinds[event] !== WAKE && names[events.name[event]!] !== 'sched_wakeup_new') return null;
  if (events.about[event] !== pid) return null;
  return {
    event,
    pid: events.pid[event]!,
    comm: model.commOf(events.pid[event]!),
    cpu: events.cpu[event]!,
    interrupt: (events.flags[event]! & INTERRUPT_FLAGS) !== 0,
    atNs: events.at[event]! - startNs,
  };
}

/** Who ran on a CPU between two instants, the longest first. */
function shares(model: TimelineModel, cpu: number, fromNs: number, toNs: number): Share[] {
  const { lanes, spans } = model.run;
  const lane = lanes[cpu];
  if (lane === undefined || lane.kind !== 'cpu') return [];
  const byPid = new Map<number, number>();
  const end = lane.first + lane.count;
  for (let i = firstAbove(spans.end, fromNs, lane.first, end); i < end && spans.start[i]! < toNs; i++) {
    const ns = Math.min(spans.end[i]!, toNs) - Math.max(spans.start[i]!, fromNs);
    byPid.set(spans.who[i]!, (byPid.get(spans.who[i]!) ?? 0) + ns);
  }
  return [...byPid]
    .map(([pid, ns]) => ({ pid, comm: model.commOf(pid), ns }))
    .sort((a, b) => b.ns - a.ns || a.pid - b.pid);
}

function eventsIn(model: TimelineModel, lane: LaneInfo, pid: number, fromNs: number, toNs: number): number[] {
  const { events } = model.run;
  const found: number[] = [];
  const first = firstAbove(events.at, fromNs - 1, 0, events.count);
  for (let i = first; i < events.count && events.at[i]! <= toNs && found.length < MOST_EVENTS; i++) {
    const concerns = lane.kind === 'cpu' ? events.cpu[i] === lane.id : events.pid[i] === pid || events.about[i] === pid;
    if (concerns) found.push(i);
  }
  return found;
}
