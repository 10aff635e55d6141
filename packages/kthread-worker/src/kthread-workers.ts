import type { Kthreads } from '@kernel-model/kthread';
import type { Scheduler } from '@kernel-model/scheduler';
import type { KthreadFlushWork } from './flush-item.ts';
import type { KthreadWork, KthreadWorker } from './kthread-worker.ts';
import { KthreadWorkerProbes } from './probes.ts';

/** Where the numbers begin that stand for addresses of works and workers. */
const FIRST_ADDR = 0x4b57_0000;

/** The kthread workers of one machine. */
export class KthreadWorkers {
  readonly s: Scheduler;
  readonly probes: KthreadWorkerProbes;
  /** Those that exist, oldest first. */
  readonly workers: KthreadWorker[] = [];
  /** Flushes that somebody waits for, oldest first: for reports of a hang. */
  readonly flushes: Set<KthreadFlushWork> = new Set();
  /** Fault injection: true makes the allocation of a worker fail. */
  failAlloc: () => boolean = () => false;
  #nextAddr = FIRST_ADDR;

  constructor(readonly k: Kthreads) {
    this.s = k.s;
    this.probes = new KthreadWorkerProbes(k.s.hub);
  }

  /** The number that stands for a work or a worker in traces. */
  addrOf(object: KthreadWork | KthreadWorker): number {
    if (object.addr === 0) object.addr = this.#nextAddr += 0x40;
    return object.addr;
  }

  /** Who runs, and when it is: for reports. */
  here(): string {
    const p = this.s.current;
    return `${p.comm} (pid ${p.pid}) at ${this.s.sim.now} ns`;
  }
}
