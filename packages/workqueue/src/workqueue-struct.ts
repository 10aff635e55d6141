import { Completion, Mutex, type Cpumask } from '@kernel-model/scheduler';
import type { WorkqueueAttrs } from './attrs.ts';
import type { PoolWorkqueue } from './pool-workqueue.ts';
import type { Worker } from './worker.ts';

/** The limit of active works of an unbound queue on a node. @linux kernel/workqueue.c struct wq_node_nr_active */
export class WqNodeNrActive {
  /** Until the topology is known: the default minimum. */
  max: number;
  nr = 0;
  /** Those that wait for a count, in turn. */
  readonly pendingPwqs: PoolWorkqueue[] = [];

  constructor(max: number) {
    this.max = max;
  }
}

/** Somebody who waits in flush_workqueue(). @linux kernel/workqueue.c struct wq_flusher */
export class WqFlusher {
  flushColor = -1;
  readonly done: Completion;

  constructor(what: string) {
    this.done = new Completion(what);
  }
}

/** What users queue works on. @linux kernel/workqueue.c struct workqueue_struct */
export class WorkqueueStruct {
  /** At most 31 bytes. */
  readonly name: string;
  /** The name in the trace hub's strings. */
  readonly nameId: number;
  /** WQ_* bits. */
  flags: number;
  /** Memory is gone: destroyed, and RCU has passed. */
  freed = false;

  /** In the order in which they were linked. */
  readonly pwqs: PoolWorkqueue[] = [];
  /** The pwq of each CPU; null once the queue is destroyed. */
  readonly cpuPwq: (PoolWorkqueue | null)[] = [];
  /** The pwq of an unbound queue that covers all its CPUs, or null. */
  dflPwq: PoolWorkqueue | null = null;

  // changed under wq->mutex in Linux
  readonly mutex: Mutex;
  workColor = 0;
  flushColor = 0;
  nrPwqsToFlush = 0;
  firstFlusher: WqFlusher | null = null;
  readonly flusherQueue: WqFlusher[] = [];
  readonly flusherOverflow: WqFlusher[] = [];
  nrDrainers = 0;
  maxActive: number;
  minActive: number;
  savedMaxActive: number;
  savedMinActive: number;

  // changed under wq_mayday_lock in Linux
  readonly maydays: PoolWorkqueue[] = [];
  rescuer: Worker | null = null;

  /** What the user asked for; null for queues that are not unbound. */
  unboundAttrs: WorkqueueAttrs | null = null;
  /** By node, then one for pools without a node; empty for queues that are not unbound. */
  readonly nodeNrActive: WqNodeNrActive[] = [];
  /** Shown in sysfs. */
  sysfs = false;

  constructor(name: string, nameId: number, flags: number, maxActive: number, minActive: number) {
    this.name = name;
    this.nameId = nameId;
    this.flags = flags;
    this.mutex = new Mutex(`wq->mutex of ${name}`);
    this.maxActive = this.savedMaxActive = maxActive;
    this.minActive = this.savedMinActive = minActive;
  }
}

/** Where the works of an unbound queue may run. @linux kernel/workqueue.c unbound_effective_cpumask() */
export function unboundEffectiveCpumask(wq: WorkqueueStruct): Cpumask {
  return wq.dflPwq!.pool.attrs.podCpumask;
}
