import { SCHED_CLASSES } from './classes.ts';
import { updateRqClock } from './core.ts';
import { CpuDl } from './cpudl.ts';
import { Cpumask } from './cpumask.ts';
import { CpuPri } from './cpupri.ts';
import { DlBw } from './dl-bw.ts';
import type { Rq } from './rq.ts';

/**
 * What the CPUs among which tasks are balanced know of each other. One for the whole machine: there are no exclusive
 * cpusets here.
 * @linux kernel/sched/sched.h struct root_domain
 */
export class RootDomain {
  /** Attached CPUs. */
  span: Cpumask = Cpumask.NONE;
  /** Attached CPUs whose queues take part. */
  online: Cpumask = Cpumask.NONE;
  /** Some queue had two tasks or more: newly idle CPUs look for work. Cleared by load balancing. */
  overloaded = false;
  /** CPUs with RT tasks that could be pushed. */
  rtoMask: Cpumask = Cpumask.NONE;
  // the round of requests to push RT tasks: the CPU whose turn it is or -1, the rounds done, the rounds asked for
  rtoCpu = -1;
  rtoLoop = 0;
  rtoLoopNext = 0;
  /** CPUs with deadline tasks that could be pushed. */
  dloMask: Cpumask = Cpumask.NONE;
  readonly cpupri: CpuPri;
  readonly cpudl: CpuDl;
  readonly dlBw: DlBw = new DlBw();

  constructor(nrCpus: number) {
    this.cpupri = new CpuPri(nrCpus);
    this.cpudl = new CpuDl(nrCpus);
  }

  /** Number of CPUs with RT tasks that could be pushed. */
  get rtoCount(): number {
    return this.rtoMask.weight;
  }
}

/** Make a CPU part of the machine's root domain; if it is active, its queue takes part from now on. @linux kernel/sched/topology.c rq_attach_root() */
export function rqAttachRoot(rq: Rq): void {
  const s = rq.sched;
  s.rd.span = s.rd.span.or(Cpumask.of(rq.cpu));
  if (s.activeMask.has(rq.cpu)) setRqOnline(rq);
}

/** The queue takes part in pushing and pulling. @linux kernel/sched/core.c set_rq_online() */
export function setRqOnline(rq: Rq): void {
  const { rd } = rq.sched;
  if (rd.online.has(rq.cpu)) return;
  rd.online = rd.online.or(Cpumask.of(rq.cpu));
  rq.online = true;
  for (const schedClass of SCHED_CLASSES) schedClass.rqOnline(rq);
}

/** The CPU goes away: nobody shall push to its queue. @linux kernel/sched/core.c set_rq_offline() */
export function setRqOffline(rq: Rq): void {
  const { rd } = rq.sched;
  if (!rd.online.has(rq.cpu)) return;
  updateRqClock(rq);
  for (const schedClass of SCHED_CLASSES) schedClass.rqOffline(rq);
  rd.online = rd.online.andNot(Cpumask.of(rq.cpu));
  rq.online = false;
}
