// The classes come first: they refer to each other, and this order lets each be made before it is listed.
import { SCHED_CLASSES } from './classes.ts';
import type { Sim } from '@kernel-model/sim';
import type { TraceHub } from '@kernel-model/trace';
import { DEFAULT_COSTS, NO_COSTS, type SchedConfig } from './config.ts';
import { DEFAULT_PRIO, PF_IDLE, PF_KTHREAD, SCHED_SOFTIRQ, TASK_ON_RQ_QUEUED, TASK_RUNNING } from './constants.ts';
import { Cpu } from './cpu.ts';
import { Cpumask } from './cpumask.ts';
import { DlRq } from './dl-rq.ts';
import { initFairServer } from './dl-server.ts';
import { schedBalanceSoftirq } from './fair-balance.ts';
import { initRcu } from './rcu.ts';
import { RootDomain, rqAttachRoot } from './root-domain.ts';
import { Rq } from './rq.ts';
import { RtRq } from './rt-rq.ts';
import { rebuildSchedDomains } from './sched-domains.ts';
import { Scheduler } from './scheduler.ts';
import { SerialHost } from './serial-host.ts';
import { openSoftirq } from './softirq.ts';
import { CpuStopper } from './stopper.ts';
import { Task } from './task.ts';
import { initTimers } from './timer.ts';

/** The configuration of Debian's kernel on 2 CPUs, with the given changes. Without costs if the machine is explored. */
export function schedConfig(sim: Sim, changes: Partial<SchedConfig> = {}): SchedConfig {
  return {
    nrCpus: 2,
    preempt: 'voluntary',
    host: 'parallel',
    idle: 'halt',
    threadirqs: false,
    schedstats: false,
    maxThreads: 32768,
    costs: sim.explored ? NO_COSTS : DEFAULT_COSTS,
    ...changes,
  };
}

/**
 * Make the scheduler of a machine: its CPUs are online and run their idle tasks, once {@link startCpus} is called.
 * @linux kernel/sched/core.c sched_init()
 */
export function createScheduler(sim: Sim, hub: TraceHub, config: SchedConfig = schedConfig(sim)): Scheduler {
  const s = new Scheduler(sim, hub, config);
  s.rd = new RootDomain(config.nrCpus);
  for (let cpu = 0; cpu < config.nrCpus; cpu++) {
    const rq = new Rq(s, cpu, new RtRq(), new DlRq());
    s.rqs.push(rq);
    rq.idle = rq.curr = idleTask(s, rq);
    s.cpus.push(new Cpu(s, cpu, rq));
    s.stoppers.push(new CpuStopper());
  }
  // lanes behind all others: whatever memory is like, theirs have the same numbers
  for (const cpu of s.cpus) cpu.addStoreBuffer();
  for (const rq of s.rqs) {
    initFairServer(rq);
    rqAttachRoot(rq);
  }
  rebuildSchedDomains(s);
  // A boot keeps the CPUs busy long enough for a first balance, which finds them idle enough to search all of them.
  const shared = s.rqs[0]!.sd?.shared;
  if (shared !== undefined) shared.nrIdleScan = config.nrCpus;
  initTimers(s);
  initRcu(s);
  openSoftirq(s, SCHED_SOFTIRQ, schedBalanceSoftirq);
  if (config.host === 'serial' && !sim.explored) sim.arbiter = s.host = new SerialHost(s);
  return s;
}

/** Let every CPU start to idle. @linux kernel/sched/idle.c cpu_startup_entry() */
export function startCpus(s: Scheduler): void {
  for (const cpu of s.cpus) cpu.start();
}

/** @linux kernel/sched/core.c init_idle() */
function idleTask(s: Scheduler, rq: Rq): Task {
  const comm = `swapper/${rq.cpu}`;
  const p = new Task(0, comm, s.hub.intern(comm), null, Cpumask.of(rq.cpu), rq);
  p.flags = PF_IDLE | PF_KTHREAD;
  p.state = TASK_RUNNING;
  p.onRq = TASK_ON_RQ_QUEUED;
  p.onCpu = true;
  p.prio = p.normalPrio = p.staticPrio = DEFAULT_PRIO;
  p.schedClass = SCHED_CLASSES[SCHED_CLASSES.length - 1]!;
  return p;
}
