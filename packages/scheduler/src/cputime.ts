import { TICK_NSEC } from './constants.ts';
import type { Cpu } from './cpu.ts';
import { NOT_IDLE } from './tick-sched.ts';
import { taskNice, type Task } from './task.ts';

/** What a CPU did when its ticks came, in ticks. Idle time is not among it: see {@link cpuIdleNs}. @linux include/linux/kernel_stat.h enum cpu_usage_stat */
export class CpuUsage {
  user = 0;
  nice = 0;
  system = 0;
}

/**
 * Charge a whole tick to what it hit. Interrupts and softirqs are one step each here: no tick hits them.
 * @linux kernel/sched/cputime.c account_process_tick()
 */
export function accountProcessTick(cpu: Cpu): void {
  const p = cpu.rq.curr;
  const { usage } = cpu;
  if (p.inUser) {
    p.utimeTicks++;
    if (taskNice(p) > 0) usage.nice++;
    else usage.user++;
  } else if (p !== cpu.rq.idle) {
    p.stimeTicks++;
    usage.system++;
  }
}

/** How long the CPU has been idle since boot in ns, what goes on included; waiting for I/O is told apart. @linux kernel/time/tick-sched.c get_cpu_idle_time_us() */
export function cpuIdleNs(cpu: Cpu): number {
  return cpu.tick.idleNs + (cpu.rq.nrIowait === 0 ? idlesForNs(cpu) : 0);
}

/** How long the CPU has been idle while a task that last ran there waited for I/O, in ns. @linux kernel/time/tick-sched.c get_cpu_iowait_time_us() */
export function cpuIowaitNs(cpu: Cpu): number {
  return cpu.tick.iowaitNs + (cpu.rq.nrIowait === 0 ? 0 : idlesForNs(cpu));
}

function idlesForNs(cpu: Cpu): number {
  const { idleEntryNs } = cpu.tick;
  return idleEntryNs === NOT_IDLE ? 0 : cpu.rq.sched.sim.now - idleEntryNs;
}

/**
 * User and system time of a task in ns: its exact runtime, divided as its ticks were. A task that no tick hit in the
 * kernel spent all of it in user mode, kernel threads included: so does Linux.
 * @linux kernel/sched/cputime.c cputime_adjust()
 */
export function taskCputimeAdjusted(p: Task): { readonly utimeNs: number; readonly stimeNs: number } {
  const total = p.se.sumExecRuntime;
  if (p.stimeTicks === 0) return { utimeNs: total, stimeNs: 0 };
  if (p.utimeTicks === 0) return { utimeNs: 0, stimeNs: total };
  const stimeNs = Math.min(total, Math.floor((p.stimeTicks / (p.stimeTicks + p.utimeTicks)) * total));
  return { utimeNs: total - stimeNs, stimeNs };
}

/** Length of ticks in ns. */
export function ticksToNs(ticks: number): number {
  return ticks * TICK_NSEC;
}
