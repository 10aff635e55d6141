import type { Machine } from '@kernel-model/machine';
import { SCHED_SWITCH } from '@kernel-model/trace';

/** What a fair run queue knew when it picked a task. */
export interface Pick {
  readonly atNs: number;
  /** Who got the CPU. */
  readonly picked: string;
  /** Everybody who wanted it, by name. */
  readonly rows: readonly Row[];
}

/** A task on the queue; instants of virtual time count from the least vruntime on it. */
export interface Row {
  readonly comm: string;
  readonly nice: number;
  readonly weight: number;
  readonly vruntimeNs: number;
  readonly deadlineNs: number;
}

/** Take down each pick of a CPU on which at least `least` tasks want to run. */
export function watchPicks(machine: Machine, cpu: number, least: number, picks: Pick[]): void {
  const { cfs } = machine.sched.rqs[cpu]!;
  machine.hub.on(SCHED_SWITCH).subscribe((event) => {
    if (event.cpu !== cpu || cfs.curr === null) return;
    const queued = [cfs.curr, ...cfs.timeline].filter((se) => se.onRq && !se.schedDelayed);
    if (queued.length < least) return;
    const zero = Math.min(...queued.map(({ vruntime }) => vruntime));
    const rows = queued.map(({ task, load, vruntime, deadline }) => ({
      comm: task.comm,
      nice: task.staticPrio - 120,
      weight: load.weight,
      vruntimeNs: vruntime - zero,
      deadlineNs: deadline - zero,
    }));
    rows.sort((x, y) => (x.comm < y.comm ? -1 : 1));
    picks.push({ atNs: event.at, picked: event.fields.next_comm, rows });
  });
}

/** V, the average of the vruntimes weighted by load: who is not beyond it is eligible. */
export function average({ rows }: Pick): number {
  const load = rows.reduce((sum, { weight }) => sum + weight, 0);
  return rows.reduce((sum, { weight, vruntimeNs }) => sum + weight * vruntimeNs, 0) / load;
}
