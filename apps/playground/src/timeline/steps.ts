import { firstAbove } from './search.ts';
import { WAKE, type TimelineModel } from './model.ts';

/** A tick of the model's kernel in ns: HZ is 250. */
export const TICK_NS = 4e6;

/** The next event, or the one before. */
export function stepEvent({ run }: TimelineModel, event: number, by: 1 | -1): number {
  return Math.min(Math.max(0, event + by), Math.max(0, run.events.count - 1));
}

/** The first event of the next tick's time; backwards, the last before this tick's. */
export function stepTick({ run }: TimelineModel, event: number, by: 1 | -1): number {
  const { at, count } = run.events;
  const tick = Math.floor(at[event]! / TICK_NS);
  if (by < 0) return Math.max(0, firstAbove(at, tick * TICK_NS - 1, 0, count) - 1);
  return Math.min(count - 1, firstAbove(at, (tick + 1) * TICK_NS - 1, event, count));
}

/** The next event at which somebody wakes this task; the same event if there is none. */
export function stepWakeup(model: TimelineModel, event: number, pid: number, by: 1 | -1): number {
  const { events } = model.run;
  return scan(model, event, by, (i) => model.kinds[i] === WAKE && events.about[i] === pid);
}

/** The next context switch of this CPU; the same event if there is none. */
export function stepSwitch(model: TimelineModel, event: number, cpu: number, by: 1 | -1): number {
  const { events, names } = model.run;
  const name = names.indexOf('sched_switch');
  return scan(model, event, by, (i) => events.name[i] === name && events.cpu[i] === cpu);
}

function scan({ run }: TimelineModel, event: number, by: 1 | -1, wanted: (event: number) => boolean): number {
  for (let i = event + by; i >= 0 && i < run.events.count; i += by) if (wanted(i)) return i;
  return event;
}
