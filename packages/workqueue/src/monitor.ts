import { Observable } from 'rxjs';
import {
  PWQ_STAT_CM_WAKEUP,
  PWQ_STAT_COMPLETED,
  PWQ_STAT_CPU_INTENSIVE,
  PWQ_STAT_CPU_TIME,
  PWQ_STAT_MAYDAY,
  PWQ_STAT_REPATRIATED,
  PWQ_STAT_RESCUED,
  PWQ_STAT_STARTED,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
} from './constants.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** The counters of a queue at an instant: of the pwqs that it has then. Barriers count as works. */
export interface WqStats {
  /** ns since boot. */
  readonly atNs: number;
  readonly name: string;
  readonly unbound: boolean;
  readonly memReclaim: boolean;
  readonly started: number;
  readonly completed: number;
  /** CPU time in us, by the tick. */
  readonly cpuTimeUs: number;
  /** Works that ran longer than the threshold. */
  readonly cpuIntensive: number;
  /** Workers woken because another one slept or was CPU-intensive. */
  readonly cmWakeup: number;
  /** Unbound workers brought back into their affinity scope. */
  readonly repatriated: number;
  /** Calls for the rescuer. */
  readonly mayday: number;
  /** Works that the rescuer ran. */
  readonly rescued: number;
}

/** The counters of a queue now. @linux tools/workqueue/wq_monitor.py */
export function wqStats(w: Workqueues, wq: WorkqueueStruct): WqStats {
  const sum = (stat: number): number => wq.pwqs.reduce((total, pwq) => total + pwq.stats[stat]!, 0);
  return {
    atNs: w.s.sim.now,
    name: wq.name,
    unbound: (wq.flags & WQ_UNBOUND) !== 0,
    memReclaim: (wq.flags & WQ_MEM_RECLAIM) !== 0,
    started: sum(PWQ_STAT_STARTED),
    completed: sum(PWQ_STAT_COMPLETED),
    cpuTimeUs: sum(PWQ_STAT_CPU_TIME),
    cpuIntensive: sum(PWQ_STAT_CPU_INTENSIVE),
    cmWakeup: sum(PWQ_STAT_CM_WAKEUP),
    repatriated: sum(PWQ_STAT_REPATRIATED),
    mayday: sum(PWQ_STAT_MAYDAY),
    rescued: sum(PWQ_STAT_RESCUED),
  };
}

/**
 * The counters of every queue, after the first step of the machine at or past every multiple of a period of virtual
 * time. Hot; ends with the machine's other streams only when the subscriber unsubscribes.
 * @param periodNs ns, above 0
 */
export function wqMonitor(w: Workqueues, periodNs: number): Observable<readonly WqStats[]> {
  return new Observable((subscriber) => {
    let nextAtNs = w.s.sim.now + periodNs;
    let open = true;
    w.s.sim.afterStep(() => {
      const { now } = w.s.sim;
      if (!open || now < nextAtNs) return;
      nextAtNs = now - (now % periodNs) + periodNs;
      subscriber.next(w.workqueues.map((wq) => wqStats(w, wq)));
    });
    return () => void (open = false);
  });
}

/**
 * The table that wq_monitor.py prints.
 * @linux tools/workqueue/wq_monitor.py
 */
export function wqMonitorTable(stats: readonly WqStats[]): string {
  const head = ''.padEnd(24) + '    total   infl  CPUtime CPUitsv CMW/RPR  mayday rescued';
  const rows = stats.map((q) => {
    const cells = [
      String(q.started).padStart(8),
      String(Math.max(q.started - q.completed, 0)).padStart(6),
      (q.cpuTimeUs / 1e6).toFixed(1).padStart(8),
      (q.unbound ? '-' : String(q.cpuIntensive)).padStart(7),
      String(q.unbound ? q.repatriated : q.cmWakeup).padStart(7),
      (q.memReclaim ? String(q.mayday) : '-').padStart(7),
      (q.memReclaim ? String(q.rescued) : '-').padStart(7),
    ];
    return `${q.name.slice(-24).padEnd(24)} ${cells.join(' ')}`;
  });
  return [head, ...rows].join('\n');
}
