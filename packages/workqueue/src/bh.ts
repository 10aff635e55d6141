import { SLEEP, UsageError, WRITE, type Point, type Sleep, type Step } from '@kernel-model/sim';
import {
  Completion,
  HI_SOFTIRQ,
  TASKLET_SOFTIRQ,
  completeNow,
  jiffiesNow,
  openSoftirq,
  raiseSoftirq,
  waitForCompletion,
  type Cpu,
} from '@kernel-model/scheduler';
import {
  BH_WORKER_JIFFIES,
  BH_WORKER_RESTARTS,
  HIGHPRI_NICE_LEVEL,
  POOL_BH_DRAINING,
  WORKER_PREP,
  WORKER_REBOUND,
  WORK_CPU_UNBOUND,
} from './constants.ts';
import { assignWork, processOneWorkEnd, processOneWorkRan, processOneWorkStart } from './process.ts';
import { queueWorkNow } from './queue.ts';
import { WorkStruct, type WorkFunc } from './work.ts';
import { workerClrFlags, workerEnterIdle, workerLeaveIdle, workerSetFlags, type Worker } from './worker.ts';
import { keepWorking, kickPool, needMoreWorker, type WorkerPool } from './worker-pool.ts';
import type { Workqueues } from './workqueues.ts';

/** Make the softirqs of the BH pools known. @linux kernel/softirq.c tasklet_action(), tasklet_hi_action() */
export function initBh(w: Workqueues): void {
  openSoftirq(w.s, HI_SOFTIRQ, (cpu) => workqueueSoftirqAction(w, cpu, 1));
  openSoftirq(w.s, TASKLET_SOFTIRQ, (cpu) => workqueueSoftirqAction(w, cpu, 0));
}

/** Have the pool's CPU serve it. @linux kernel/workqueue.c kick_bh_pool() */
export function kickBhPool(pool: WorkerPool): void {
  const { s } = pool.w;
  const nr = pool.attrs.nice === HIGHPRI_NICE_LEVEL ? HI_SOFTIRQ : TASKLET_SOFTIRQ;
  if (pool.cpu === s.cpu || (pool.flags & POOL_BH_DRAINING) !== 0) {
    raiseSoftirq(s.cpus[s.cpu]!, nr);
    return;
  }
  const cpu = s.cpus[pool.cpu]!;
  cpu.callFunction(() => raiseSoftirq(cpu, nr), 'bh_pool_kick_normal');
}

/** The softirq of a BH pool. @linux kernel/workqueue.c workqueue_softirq_action() */
export function workqueueSoftirqAction(w: Workqueues, cpu: Cpu, highpri: 0 | 1): void {
  const pool = w.bhPools[cpu.id]![highpri]!;
  if (needMoreWorker(pool)) bhWorker(pool.workers[0]!, cpu);
}

/** Run the works of a BH pool, as long as that may take. @linux kernel/workqueue.c bh_worker() */
function bhWorker(worker: Worker, cpu: Cpu): void {
  const pool = worker.pool!;
  const { s } = pool.w;
  s.sim.touch(pool, 'lock', WRITE);
  const end = jiffiesNow(s) + BH_WORKER_JIFFIES;
  let restarts = BH_WORKER_RESTARTS;
  workerLeaveIdle(worker);
  if (needMoreWorker(pool)) {
    workerClrFlags(worker, WORKER_PREP | WORKER_REBOUND);
    do {
      if (assignWork(pool.worklist.next, worker)) runScheduled(worker, cpu);
    } while (keepWorking(pool) && --restarts > 0 && jiffiesNow(s) < end);
    workerSetFlags(worker, WORKER_PREP);
  }
  workerEnterIdle(worker);
  kickPool(pool);
}

function runScheduled(worker: Worker, cpu: Cpu): void {
  const { scheduled } = worker;
  const pool = worker.pool!;
  pool.watchdogTs = pool.w.s.jiffies;
  for (let work = scheduled.next; work !== scheduled; work = scheduled.next) {
    const func = processOneWorkStart(worker, work);
    runAtomic(worker, func, work, cpu);
    processOneWorkRan(worker);
    processOneWorkEnd(worker);
  }
}

/**
 * Run a function to its end within the softirq: its visible points are not places where this CPU could do anything
 * else, and the work that it owes is done at once.
 * @throws UsageError BH_WORK_SLEEPS
 */
function runAtomic(worker: Worker, func: WorkFunc, work: WorkStruct, cpu: Cpu): void {
  const { s } = worker.pool!.w;
  const { sim } = s;
  const p = cpu.rq.curr;
  const { owedNs, pieceNs } = p;
  p.owedNs = p.pieceNs = 0;
  p.preemptCount++;
  const it: Iterator<Point | Sleep, unknown, void> = func(work)[Symbol.iterator]();
  for (let r = it.next(); r.done !== true; r = it.next()) {
    if (r.value === SLEEP) throw slept(worker);
    sim.charge(p.owedNs);
    p.owedNs = p.pieceNs = 0;
    sim.touchAgain(sim.announced());
  }
  p.preemptCount--;
  p.owedNs = owedNs;
  p.pieceNs = pieceNs;
}

function slept(worker: Worker): UsageError {
  const { s } = worker.pool!.w;
  const pool = worker.pool!;
  return new UsageError('BH_WORK_SLEEPS', {
    what: `The function ${worker.currentFuncName} of the BH workqueue ${worker.currentPwq!.wq.name} slept on CPU ${pool.cpu} before ${s.sim.now} ns.`,
    why: 'A BH work runs in softirq context.',
    advice: 'Queue it on a workqueue without WQ_BH.',
    linux: 'BUG: scheduling while atomic.',
  });
}

/**
 * A CPU has died: run what its BH pools still have, here, before anything else of its softirqs is taken over.
 * @linux kernel/workqueue.c workqueue_softirq_dead()
 */
export function* workqueueSoftirqDead(w: Workqueues, cpu: number): Iterable<Point | Sleep, void, void> {
  for (const pool of w.bhPools[cpu]!) {
    if (!needMoreWorker(pool)) continue;
    const done = new Completion(`the BH works of CPU ${cpu}`);
    const wq = pool.attrs.nice === HIGHPRI_NICE_LEVEL ? w.systemBhHighpriWq : w.systemBhWq;
    const drain = new WorkStruct(function* (work): Step<void> {
      pool.flags |= POOL_BH_DRAINING;
      bhWorker(pool.workers[0]!, w.s.cpus[w.s.cpu]!);
      pool.flags &= ~POOL_BH_DRAINING;
      if (needMoreWorker(pool)) queueWorkNow(w, WORK_CPU_UNBOUND, wq, work);
      else completeNow(w.s, done);
    }, 'drain_dead_softirq_workfn');
    queueWorkNow(w, WORK_CPU_UNBOUND, wq, drain);
    yield* waitForCompletion(w.s, done);
  }
}
