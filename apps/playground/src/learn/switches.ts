import { SCHED_SWITCH, isEvent } from '@kernel-model/trace';
import type { Ran } from './ran.ts';

/** In which state a task left its CPU, at `fromNs` or later, for the first time other than by preemption; null if it did not. */
export function sleptIn(ran: Ran, comm: string, fromNs = 0): string | null {
  for (const event of ran.events) {
    if (event.at < fromNs || !isEvent(event, SCHED_SWITCH)) continue;
    const { prev_comm, prev_state } = event.fields;
    if (prev_comm === comm && !prev_state.startsWith('R')) return prev_state;
  }
  return null;
}

/** How long a task was on a CPU after an instant, in ns. */
export function runNsOf(ran: Ran, cpu: number, comm: string, fromNs: number): number {
  let sinceNs = -1;
  let sum = 0;
  for (const event of ran.events) {
    if (event.cpu !== cpu || event.at < fromNs || !isEvent(event, SCHED_SWITCH)) continue;
    if (event.fields.prev_comm === comm && sinceNs >= 0) sum += event.at - sinceNs;
    sinceNs = event.fields.next_comm === comm ? event.at : -1;
  }
  return sum;
}
