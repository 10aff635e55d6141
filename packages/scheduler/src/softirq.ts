import { NR_SOFTIRQS, PF_MEMALLOC } from './constants.ts';
import type { Cpu } from './cpu.ts';
import { jiffiesNow } from './jiffies.ts';
import type { Scheduler } from './scheduler.ts';
import { traceContext } from './trace-context.ts';
import { wakeUpProcess } from './wakeup.ts';

/** Passes over the pending softirqs before the rest is left to ksoftirqd. */
export const MAX_SOFTIRQ_RESTART = 10;
/** Jiffies after which the rest is left to ksoftirqd: 2 ms, rounded up. */
export const MAX_SOFTIRQ_JIFFIES = 1;

/** What serving softirqs adds to preempt_count(). @linux include/linux/preempt.h SOFTIRQ_OFFSET */
const SOFTIRQ_OFFSET = 0x100;

/** Names of the softirqs by number, as in traces and /proc/softirqs. */
export const SOFTIRQ_NAMES: readonly string[] = [
  'HI',
  'TIMER',
  'NET_TX',
  'NET_RX',
  'BLOCK',
  'IRQ_POLL',
  'TASKLET',
  'SCHED',
  'HRTIMER',
  'RCU',
];

/** What a softirq does when it is served on a CPU: one atomic step, it must not sleep. */
export type SoftirqAction = (cpu: Cpu) => void;

/** Say what a softirq does. @param nr 0 .. 9, e.g. TIMER_SOFTIRQ @linux kernel/softirq.c open_softirq() */
export function openSoftirq(s: Scheduler, nr: number, action: SoftirqAction): void {
  s.softirqVec[nr] = action;
}

/**
 * Is the CPU in an interrupt, in a softirq, or in a section with softirqs disabled?
 * @linux include/linux/preempt.h in_interrupt()
 */
export function inInterrupt(cpu: Cpu): boolean {
  return cpu.hardirq > 0 || cpu.inSoftirq || cpu.rq.curr.bhDisableCount > 0;
}

/**
 * Mark a softirq of the CPU as pending. It runs when the interrupt is over or softirqs are enabled again; raised from
 * anywhere else, it runs in ksoftirqd, which is woken.
 * @emits softirq_raise, sched_waking
 * @linux kernel/softirq.c raise_softirq()
 */
export function raiseSoftirq(cpu: Cpu, nr: number): void {
  raiseSoftirqNoWake(cpu, nr);
  if (!inInterrupt(cpu)) wakeupSoftirqd(cpu);
}

/** Mark a softirq as pending and trust somebody else to serve it. @emits softirq_raise @linux kernel/softirq.c __raise_softirq_irqoff() */
export function raiseSoftirqNoWake(cpu: Cpu, nr: number): void {
  const { softirqRaise } = cpu.rq.sched.probes;
  if (softirqRaise.enabled) softirqRaise.emit(nr);
  cpu.softirqPending |= 1 << nr;
}

/** Wake the thread that serves the CPU's softirqs; before it exists, nothing happens. @linux kernel/softirq.c wakeup_softirqd() */
export function wakeupSoftirqd(cpu: Cpu): void {
  if (cpu.ksoftirqd !== null) wakeUpProcess(cpu.rq.sched, cpu.ksoftirqd);
}

/**
 * The way out of an interrupt: serve what is pending, unless the interrupted code was serving softirqs or has them
 * disabled. With `threadirqs` ksoftirqd is woken for it.
 * @linux kernel/softirq.c invoke_softirq()
 */
export function invokeSoftirqs(cpu: Cpu): void {
  if (cpu.softirqPending === 0 || inInterrupt(cpu)) return;
  if (cpu.rq.sched.config.threadirqs && cpu.ksoftirqd !== null) wakeupSoftirqd(cpu);
  else handleSoftirqs(cpu);
}

/** Should ksoftirqd run? @linux kernel/softirq.c ksoftirqd_should_run() */
export function ksoftirqdShouldRun(cpu: Cpu): boolean {
  return cpu.softirqPending !== 0;
}

/**
 * What ksoftirqd does each time it is woken.
 * @returns whether it served anything; then the thread offers to reschedule
 * @linux kernel/softirq.c run_ksoftirqd()
 */
export function runKsoftirqd(cpu: Cpu): boolean {
  if (cpu.softirqPending === 0) return false;
  handleSoftirqs(cpu);
  return true;
}

/** Keep softirqs from running on the current task's CPU; nests. @linux include/linux/bottom_half.h local_bh_disable() */
export function localBhDisable(s: Scheduler): void {
  s.current.bhDisableCount++;
}

/**
 * Undo one {@link localBhDisable}; the outermost one serves what became pending meanwhile. The check for preemption
 * that follows in Linux is up to the caller.
 * @linux kernel/softirq.c __local_bh_enable_ip()
 */
export function localBhEnable(s: Scheduler): void {
  const cpu = s.cpus[s.cpu]!;
  cpu.rq.curr.bhDisableCount--;
  if (cpu.softirqPending !== 0 && !inInterrupt(cpu)) handleSoftirqs(cpu);
}

/**
 * Serve the pending softirqs in order of their numbers. What is raised meanwhile waits for the next pass; after too
 * many passes, too much time, or if the CPU has something better to do, ksoftirqd gets the rest. A handler that leaves
 * preemption disabled, or enabled once too often, is reported.
 * @emits softirq_entry, softirq_exit
 * @linux kernel/softirq.c handle_softirqs()
 */
function handleSoftirqs(cpu: Cpu): void {
  const s = cpu.rq.sched;
  const endJiffies = jiffiesNow(s) + MAX_SOFTIRQ_JIFFIES;
  const curr = cpu.rq.curr;
  const memalloc = curr.flags & PF_MEMALLOC;
  // the task only lends its context: its access to memory reserves is not meant for the handlers
  curr.flags &= ~PF_MEMALLOC;
  cpu.inSoftirq = true;
  traceContext(cpu);
  for (let passes = 1; ; passes++) {
    const pending = cpu.softirqPending;
    cpu.softirqPending = 0;
    for (let nr = 0; nr < NR_SOFTIRQS; nr++) if ((pending & (1 << nr)) !== 0) serve(cpu, nr);
    if (cpu.softirqPending === 0) break;
    if (jiffiesNow(s) < endJiffies && !curr.needResched && passes < MAX_SOFTIRQ_RESTART) continue;
    wakeupSoftirqd(cpu);
    break;
  }
  cpu.inSoftirq = false;
  curr.flags |= memalloc;
  traceContext(cpu);
}

function serve(cpu: Cpu, nr: number): void {
  const s = cpu.rq.sched;
  const { softirqEntry, softirqExit } = s.probes;
  cpu.nrSoftirqs[nr]!++;
  if (softirqEntry.enabled) softirqEntry.emit(nr);
  const action = s.softirqVec[nr];
  const { curr } = cpu.rq;
  const count = curr.preemptCount;
  if (action !== null && action !== undefined) action(cpu);
  if (softirqExit.enabled) softirqExit.emit(nr);
  if (curr.preemptCount === count) return;
  const [before, after] = [count, curr.preemptCount].map((n) => (SOFTIRQ_OFFSET + n).toString(16).padStart(8, '0'));
  s.reports.printk(
    'err',
    `huh, entered softirq ${nr} ${SOFTIRQ_NAMES[nr]} with preempt_count ${before}, exited with ${after}?`,
  );
  curr.preemptCount = count;
}
