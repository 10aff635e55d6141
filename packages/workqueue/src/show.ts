import { HZ, type Cpumask, type Scheduler } from '@kernel-model/scheduler';
import { HIGHPRI_NICE_LEVEL, POOL_BH, WORK_STRUCT_LINKED, WQ_FREEZABLE } from './constants.ts';
import { pwqIsEmpty, type PoolWorkqueue } from './pool-workqueue.ts';
import { WqBarrier, listEmpty, type WorkStruct } from './work.ts';
import type { Worker } from './worker.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** The part of sysrq-t that comes after the tasks: busy queues, and pools with busy workers. @linux kernel/workqueue.c show_all_workqueues() */
export function showAllWorkqueues(w: Workqueues): string[] {
  const lines = ['Showing busy workqueues and worker pools:'];
  for (const wq of w.workqueues) lines.push(...showOneWorkqueue(wq));
  for (const pool of w.pools) if (pool !== null) lines.push(...showOneWorkerPool(pool));
  return lines;
}

/** What a failed suspend shows. @linux kernel/workqueue.c show_freezable_workqueues() */
export function showFreezableWorkqueues(w: Workqueues): string[] {
  const lines = ['Showing freezable workqueues that are still busy:'];
  for (const wq of w.workqueues) if ((wq.flags & WQ_FREEZABLE) !== 0) lines.push(...showOneWorkqueue(wq));
  return lines;
}

/** A queue with its busy pwqs; nothing if it is idle. @linux kernel/workqueue.c show_one_workqueue() */
export function showOneWorkqueue(wq: WorkqueueStruct): string[] {
  if (wq.pwqs.every(pwqIsEmpty)) return [];
  const lines = [`workqueue ${wq.name}: flags=0x${wq.flags.toString(16)}`];
  for (const pwq of wq.pwqs) if (!pwqIsEmpty(pwq)) lines.push(...showPwq(pwq));
  return lines;
}

/** @linux kernel/workqueue.c show_pwq() */
export function showPwq(pwq: PoolWorkqueue): string[] {
  const { pool } = pwq;
  const mayday = pwq.mayday ? ' MAYDAY' : '';
  const lines = [`  pwq ${pool.id}:${poolInfo(pool)} active=${pwq.nrActive} refcnt=${pwq.refcnt}${mayday}`];
  const busy = busyWorkers(pool).filter((worker) => worker.currentPwq === pwq);
  if (busy.length > 0) {
    let text = '    in-flight:';
    for (const worker of busy) {
      text += ` ${worker === busy[0] ? '' : ','}${workerId(worker)}:${worker.currentFuncName}`;
      text += works(worker.scheduled, null, false);
    }
    lines.push(text);
  }
  const pending = works(pool.worklist, pwq, true);
  if (pending !== '') lines.push(`    pending:${pending}`);
  if (!listEmpty(pwq.inactiveWorks)) lines.push(`    inactive:${works(pwq.inactiveWorks, null, true)}`);
  return lines;
}

/** @linux kernel/workqueue.c show_one_worker_pool() */
function showOneWorkerPool(pool: WorkerPool): string[] {
  if (pool.nrWorkers === pool.nrIdle) return [];
  const { jiffies } = pool.w.s;
  const hung = listEmpty(pool.worklist) ? 0 : Math.floor((jiffies - pool.watchdogTs) / HZ);
  let text = `pool ${pool.id}:${poolInfo(pool)} hung=${hung}s workers=${pool.nrWorkers}`;
  if (pool.manager !== null) text += ` manager: ${pool.manager.task!.pid}`;
  for (let worker = pool.idleFirst; worker !== null; worker = worker.idleNext) {
    text += ` ${worker === pool.idleFirst ? 'idle: ' : ''}${workerId(worker)}`;
  }
  return [text];
}

/** What a pool is, as every line about one has it; begins with a space. @linux kernel/workqueue.c pr_cont_pool_info() */
export function poolInfo(pool: WorkerPool): string {
  const { attrs, flags, node } = pool;
  const kind = (flags & POOL_BH) !== 0 ? ` ${bhName(pool)}` : ` nice=${attrs.nice}`;
  return ` cpus=${cpuList(attrs.cpumask)}${node < 0 ? '' : ` node=${node}`} flags=0x${flags.toString(16)}${kind}`;
}

/** A set of CPUs as ranges, such as 0-1,3. */
export function cpuList(mask: Cpumask): string {
  const parts: string[] = [];
  for (let from = mask.next(0); from >= 0;) {
    let to = from;
    while (mask.has(to + 1)) to++;
    parts.push(from === to ? String(from) : `${from}-${to}`);
    from = mask.next(to + 1);
  }
  return parts.join(',');
}

/** A set of CPUs in hex, in groups of 32. */
export function hexMask({ nrCpus }: Scheduler, mask: Cpumask): string {
  const digits = (bits: number): number => Math.ceil(bits / 4);
  const lo = mask.lo.toString(16);
  if (nrCpus <= 32) return lo.padStart(digits(nrCpus), '0');
  return `${mask.hi.toString(16).padStart(digits(nrCpus - 32), '0')},${lo.padStart(8, '0')}`;
}

function bhName(pool: WorkerPool): string {
  return pool.attrs.nice === HIGHPRI_NICE_LEVEL ? 'bh-hi' : 'bh';
}

function workerId(worker: Worker): string {
  const pool = worker.pool!;
  if ((pool.flags & POOL_BH) !== 0) return bhName(pool);
  return `${worker.task!.pid}${worker.rescueWq === null ? '' : '(RESCUER)'}`;
}

/** Unlike Linux, whose order is that of a hash of addresses, by worker id; rescuers last. */
function busyWorkers(pool: WorkerPool): Worker[] {
  const rank = (worker: Worker): number => (worker.id < 0 ? Infinity : worker.id);
  return pool.workers.filter((worker) => worker.currentWork !== null).sort((a, b) => rank(a) - rank(b));
}

/**
 * The works of a list: equal functions in a row are counted, barriers are joined to what they wait for.
 * @param only of this pwq
 * @param commas between works that are not linked
 * @linux kernel/workqueue.c pr_cont_work()
 */
function works(list: WorkStruct, only: PoolWorkqueue | null, commas: boolean): string {
  let text = '';
  let comma = false;
  let name = '';
  let count = 0;
  let runComma = false;
  const flush = (): void => {
    if (count > 0) text += `${runComma ? ',' : ''} ${count > 1 ? `${count}*` : ''}${name}`;
    count = 0;
  };
  for (let work = list.next; work !== list; work = work.next) {
    if (only !== null && work.pwq !== only) continue;
    if (work.container instanceof WqBarrier) {
      flush();
      text += `${comma ? ',' : ''} BAR(${work.container.task.pid})`;
    } else {
      if (!comma || count === 0 || name !== work.funcName) {
        flush();
        name = work.funcName;
        runComma = comma;
      }
      count++;
    }
    comma = commas && (work.flags & WORK_STRUCT_LINKED) === 0;
  }
  flush();
  return text;
}
