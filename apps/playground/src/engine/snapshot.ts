import type { Machine } from '@kernel-model/machine';
import { kernelStack, psEntries, taskStateText } from '@kernel-model/procfs';
import { entityEligible, type CfsRq, type Rq, type SchedEntity, type Task } from '@kernel-model/scheduler';
import type { WorkerPool, WorkStruct } from '@kernel-model/workqueue';

/** The state of a machine at an instant, as plain data. */
export interface Snapshot {
  /** Number of the event after which it was taken. */
  readonly event: number;
  readonly nowNs: number;
  readonly queues: readonly QueueView[];
  readonly pools: readonly PoolView[];
  readonly tlbs: readonly TlbView[];
  readonly tasks: readonly TaskView[];
}

/** The run queue of a CPU. */
export interface QueueView {
  readonly cpu: number;
  readonly online: boolean;
  readonly nrRunning: number;
  readonly nrSwitches: number;
  /** Average that lag is measured against, in virtual ns. */
  readonly avgVruntime: number;
  readonly loadWeight: number;
  /** Who runs; then who waits: stop, deadline, RT, fair by virtual deadline. */
  readonly rows: readonly QueueRow[];
}

/** A task of a run queue. */
export interface QueueRow {
  readonly pid: number;
  readonly comm: string;
  readonly current: boolean;
  readonly cls: 'stop' | 'dl' | 'rt' | 'fair' | 'idle';
  readonly prio: number;
  readonly weight: number;
  /** Virtual ns; 0 unless fair. */
  readonly vruntime: number;
  readonly deadline: number;
  readonly lag: number;
  readonly eligible: boolean;
  /** Sleeps, but stays queued until its lag is used up. */
  readonly delayed: boolean;
}

/** A worker pool. */
export interface PoolView {
  readonly id: number;
  /** -1 for an unbound one. */
  readonly cpu: number;
  readonly nice: number;
  readonly kind: 'per-cpu' | 'unbound' | 'bh';
  readonly nrRunning: number;
  readonly nrIdle: number;
  readonly pending: readonly string[];
  readonly workers: readonly WorkerView[];
}

/** A worker. */
export interface WorkerView {
  readonly pid: number;
  readonly comm: string;
  /** The function that it executes; empty if it is idle. */
  readonly work: string;
  readonly rescuer: boolean;
}

/** Address space and TLB of a CPU. */
export interface TlbView {
  readonly cpu: number;
  readonly comm: string;
  readonly loadedMm: string;
  readonly lazy: boolean;
  /** Generation that the TLB is right for, and the current one of the mm: behind means that a flush is due. */
  readonly tlbGen: number;
  readonly mmGen: number;
  readonly users: number;
  readonly count: number;
}

/** A task. */
export interface TaskView {
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
  readonly command: string;
  readonly stat: string;
  readonly state: string;
  readonly cls: string;
  readonly nice: number;
  readonly prio: number;
  readonly cpu: number;
  readonly wchan: string;
  readonly runtimeNs: number;
  readonly stack: readonly string[];
}

/** Take down the state of a machine. Changes nothing. */
export function takeSnapshot(machine: Machine, event: number): Snapshot {
  const { sched, workqueues, mm } = machine;
  return {
    event,
    nowNs: sched.sim.now,
    queues: sched.rqs.map(queueView),
    pools: workqueues.pools.flatMap((pool) => (pool === null ? [] : [poolView(pool)])),
    tlbs: mm.tlb.map((tlb, cpu) => ({
      cpu,
      comm: sched.rqs[cpu]!.curr.comm,
      loadedMm: tlb.loadedMm.name,
      lazy: tlb.isLazy,
      tlbGen: tlb.tlbGen[tlb.loadedMmAsid] ?? 0,
      mmGen: tlb.loadedMm.tlbGen,
      users: tlb.loadedMm.users,
      count: tlb.loadedMm.count,
    })),
    tasks: psEntries(sched).map((entry): TaskView => {
      const task = sched.tasks.get(entry.pid)!;
      return {
        pid: entry.pid,
        ppid: entry.ppid,
        comm: entry.comm,
        command: entry.command,
        stat: entry.stat,
        state: taskStateText(task),
        cls: entry.cls,
        nice: entry.nice,
        prio: task.prio,
        cpu: entry.psr,
        wchan: entry.wchan,
        runtimeNs: task.se.sumExecRuntime,
        stack: kernelStack(task),
      };
    }),
  };
}

function queueView(rq: Rq): QueueView {
  const average = avgVruntimeOf(rq.cfs);
  const row = (task: Task): QueueRow => queueRow(rq, task, average);
  const waiting = [...rq.sched.tasks.values()]
    .filter((task) => task.rq === rq && task !== rq.curr && task.onRq === 1)
    .map(row)
    .sort((a, b) => ORDER.indexOf(a.cls) - ORDER.indexOf(b.cls) || a.deadline - b.deadline || a.pid - b.pid);
  return {
    cpu: rq.cpu,
    online: rq.online,
    nrRunning: rq.nrRunning,
    nrSwitches: rq.nrSwitches,
    avgVruntime: average,
    loadWeight: rq.cfs.loadWeight,
    rows: [row(rq.curr), ...waiting],
  };
}

const ORDER: readonly QueueRow['cls'][] = ['stop', 'dl', 'rt', 'fair', 'idle'];

function queueRow(rq: Rq, task: Task, average: number): QueueRow {
  const { se } = task;
  const cls = classOf(rq, task);
  const fair = cls === 'fair';
  return {
    pid: task.pid,
    comm: task.comm,
    current: rq.curr === task,
    cls,
    prio: task.prio,
    weight: se.load.weight,
    vruntime: fair ? se.vruntime : 0,
    deadline: fair ? se.deadline : cls === 'dl' ? task.dl.deadline : 0,
    lag: fair ? average - se.vruntime : 0,
    eligible: fair && entityEligible(rq.cfs, se),
    delayed: se.schedDelayed,
  };
}

function classOf(rq: Rq, task: Task): QueueRow['cls'] {
  if (task === rq.idle) return 'idle';
  if (task === rq.stop) return 'stop';
  if (task.prio < 0) return 'dl';
  return task.prio < 100 ? 'rt' : 'fair';
}

/** The average that lag is measured against, without moving the reference point of the queue. */
function avgVruntimeOf(cfs: CfsRq): number {
  let sum = cfs.avgVruntime;
  let load = cfs.avgLoad;
  const curr: SchedEntity | null = cfs.curr;
  if (curr !== null && curr.onRq) {
    sum += (curr.vruntime - cfs.zeroVruntime) * curr.load.weight;
    load += curr.load.weight;
  }
  return load === 0 ? cfs.zeroVruntime : cfs.zeroVruntime + Math.floor(sum / load);
}

function poolView(pool: WorkerPool): PoolView {
  const pending: string[] = [];
  const head: WorkStruct = pool.worklist;
  for (let work = head.next; work !== head; work = work.next) pending.push(work.funcName);
  const bh = pool.workers.some((worker) => worker.task === null);
  return {
    id: pool.id,
    cpu: pool.cpu,
    nice: pool.attrs.nice,
    kind: bh ? 'bh' : pool.cpu < 0 ? 'unbound' : 'per-cpu',
    nrRunning: pool.nrRunning,
    nrIdle: pool.nrIdle,
    pending,
    workers: pool.workers.map((worker) => ({
      pid: worker.task?.pid ?? 0,
      comm: worker.task?.comm ?? 'softirq',
      work: worker.currentWork === null ? '' : worker.currentFuncName,
      rescuer: worker.rescueWq !== null,
    })),
  };
}
