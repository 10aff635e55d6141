import {
  SOFTIRQ_NAMES,
  cpuIdleNs,
  cpuIowaitNs,
  ticksToNs,
  type Cpu,
  type SchedDomainStats,
  type Scheduler,
} from '@kernel-model/scheduler';
import { hexCpus, nsecToClockT } from './format.ts';
import { INITIAL_JIFFIES, jiffiesNow, nrRunning } from './counts.ts';

/** Version of /proc/schedstat. */
const SCHEDSTAT_VERSION = 16;

/** /proc/uptime: seconds since boot, and seconds that the CPUs were idle, all together. @linux fs/proc/uptime.c uptime_proc_show() */
export function uptimeFile(s: Scheduler): string {
  let idleNs = 0;
  for (const cpu of s.cpus) idleNs += cpuIdleNs(cpu);
  return `${hundredths(s.sim.now)} ${hundredths(idleNs)}\n`;
}

function hundredths(ns: number): string {
  const hs = Math.floor(ns / 1e7);
  return `${Math.floor(hs / 100)}.${String(hs % 100).padStart(2, '0')}`;
}

/**
 * /proc/stat. Time in interrupts and stolen is not modelled: 0.
 * @param bootTimeS instant of the boot in s since 1970
 * @linux fs/proc/stat.c show_stat()
 */
export function statFile(s: Scheduler, bootTimeS: number): string {
  const total = [0, 0, 0, 0, 0];
  const cpuLines: string[] = [];
  for (const cpu of s.cpus) {
    const times = cpuTimes(cpu);
    times.forEach((ticks, i) => (total[i]! += ticks));
    if (s.onlineMask.has(cpu.id)) cpuLines.push(`cpu${cpu.id} ${clockTicks(times)}`);
  }
  let switches = 0;
  let iowait = 0;
  for (const rq of s.rqs) {
    switches += rq.nrSwitches;
    iowait += rq.nrIowait;
  }
  const softirqs = SOFTIRQ_NAMES.map((_, nr) => sum(s.cpus, (cpu) => cpu.nrSoftirqs[nr]!));
  const interrupts = sum(s.cpus, (cpu) => cpu.nrTimerIrqs + cpu.nrReschedIpis + cpu.nrCallIpis);
  return [
    `cpu  ${clockTicks(total)}`,
    ...cpuLines,
    `intr ${interrupts}`,
    `ctxt ${switches}`,
    `btime ${bootTimeS}`,
    `processes ${s.nextPid - 1}`,
    `procs_running ${nrRunning(s)}`,
    `procs_blocked ${iowait}`,
    `softirq ${softirqs.reduce((a, b) => a + b, 0)} ${softirqs.join(' ')}`,
    '',
  ].join('\n');
}

/** User, nice, system and idle time of a CPU in ns, and the time it waited for I/O. */
function cpuTimes(cpu: Cpu): number[] {
  const { usage } = cpu;
  return [ticksToNs(usage.user), ticksToNs(usage.nice), ticksToNs(usage.system), cpuIdleNs(cpu), cpuIowaitNs(cpu)];
}

function clockTicks(times: readonly number[]): string {
  return `${times.map(nsecToClockT).join(' ')} 0 0 0 0 0`;
}

function sum(cpus: readonly Cpu[], of: (cpu: Cpu) => number): number {
  return cpus.reduce((total, cpu) => total + of(cpu), 0);
}

/** A table of /proc/softirqs: what each CPU counted, by name. */
export interface SoftirqRow {
  readonly name: string;
  /** By CPU. */
  readonly counts: readonly number[];
}

/** What /proc/softirqs says. @linux fs/proc/softirqs.c show_softirqs() */
export function softirqs(s: Scheduler): SoftirqRow[] {
  return SOFTIRQ_NAMES.map((name, nr) => ({ name, counts: s.cpus.map((cpu) => cpu.nrSoftirqs[nr]!) }));
}

/** The text of /proc/softirqs. */
export function formatSoftirqs(rows: readonly SoftirqRow[], nrCpus: number): string {
  const header = Array.from({ length: nrCpus }, (_, cpu) => `CPU${String(cpu).padEnd(8)}`).join('');
  const lines = rows.map(
    (row) => `${row.name.padStart(12)}:${row.counts.map((n) => ` ${String(n).padStart(10)}`).join('')}`,
  );
  return `${' '.repeat(20)}${header}\n${lines.join('\n')}\n`;
}

/**
 * /proc/interrupts: the interrupts of a machine without devices. Those that the model does not have stay 0; TLB
 * shootdowns are counted as function calls alone.
 * @linux arch/x86/kernel/irq.c arch_show_interrupts()
 */
export function interruptsFile(s: Scheduler): string {
  const none = (): number => 0;
  const rows: readonly (readonly [string, (cpu: Cpu) => number, string])[] = [
    ['NMI', none, 'Non-maskable interrupts'],
    ['LOC', (cpu) => cpu.nrTimerIrqs, 'Local timer interrupts'],
    ['SPU', none, 'Spurious interrupts'],
    ['PMI', none, 'Performance monitoring interrupts'],
    ['IWI', none, 'IRQ work interrupts'],
    ['RTR', none, 'APIC ICR read retries'],
    ['RES', (cpu) => cpu.nrReschedIpis, 'Rescheduling interrupts'],
    ['CAL', (cpu) => cpu.nrCallIpis, 'Function call interrupts'],
    ['TLB', none, 'TLB shootdowns'],
  ];
  const cpus = [...s.onlineMask].map((id) => s.cpus[id]!);
  const header = cpus.map((cpu) => `CPU${String(cpu.id).padEnd(8)}`).join('');
  const lines = rows.map(
    ([name, of, text]) => `${name}: ${cpus.map((cpu) => `${String(of(cpu)).padStart(10)} `).join('')}  ${text}`,
  );
  return `${' '.repeat(11)}${header}\n${lines.join('\n')}\nERR:          0\nMIS:          0\n`;
}

/**
 * /proc/schedstat. Runtime, waiting time and time slices of each CPU always count, the rest while schedstats are on. Nothing
 * counts balances at fork and exec, in Linux neither.
 * @linux kernel/sched/stats.c show_schedstat()
 */
export function schedstatFile(s: Scheduler): string {
  const lines = [`version ${SCHEDSTAT_VERSION}`, `timestamp ${INITIAL_JIFFIES + jiffiesNow(s)}`];
  for (const cpu of s.onlineMask) {
    const rq = s.rqs[cpu]!;
    const counted = [rq.yldCount, 0, rq.schedCount, rq.schedGoidle, rq.ttwuCount, rq.ttwuLocal];
    lines.push(`cpu${cpu} ${counted.join(' ')} ${rq.cpuTimeNs} ${rq.runDelayNs} ${rq.nrTimeslices}`);
    if (rq.sd !== null) lines.push(`domain0 ${hexCpus(rq.sd.span, s.nrCpus)} ${domainCounters(rq.sd.stats).join(' ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function domainCounters(d: SchedDomainStats): number[] {
  const byIdleType = d.lbCount.flatMap((count, idle) => [
    count,
    d.lbBalanced[idle]!,
    d.lbFailed[idle]!,
    d.lbImbalance[idle]!,
    d.lbGained[idle]!,
    d.lbHotGained[idle]!,
    d.lbNobusyq[idle]!,
    d.lbNobusyg[idle]!,
  ]);
  const atExecAndFork = [0, 0, 0, 0, 0, 0];
  return [...byIdleType, d.albCount, d.albFailed, d.albPushed, ...atExecAndFork, d.ttwuWakeRemote, d.ttwuMoveAffine, 0];
}
