import { SLEEP, UsageError, type MaySleep } from '@kernel-model/sim';
import { EXIT_DEAD, PF_EXITING, TASK_DEAD, doExit, schedule } from '@kernel-model/scheduler';
import type { MmSubsystem } from './mm-subsystem.ts';

/** After so many oopses the kernel gives up. @linux kernel/exit.c oops_limit */
export const OOPS_LIMIT = 10_000;
const SIGKILL = 9;

/**
 * The kernel has hit a bug in the current task: print it, and end the task.
 * @param lines the kernel's words
 * @throws UsageError KERNEL_PANIC in an interrupt
 * @linux arch/x86/kernel/dumpstack.c oops_end()
 */
export function* oops(ms: MmSubsystem, lines: readonly string[]): MaySleep<never> {
  const { s } = ms;
  for (const line of lines) s.reports.printk('bug', line);
  const cpu = s.cpus[s.cpu]!;
  if (cpu.hardirq > 0 || cpu.inSoftirq) panic(ms, 'Fatal exception in interrupt');
  return yield* makeTaskDead(ms, SIGKILL);
}

/** End the current task after something that it cannot survive. @linux kernel/exit.c make_task_dead() */
export function* makeTaskDead(ms: MmSubsystem, sig: number): MaySleep<never> {
  const { s } = ms;
  const p = s.current;
  if (p.pid === 0) panic(ms, 'Attempted to kill the idle task!');
  if (p.preemptCount !== 0) {
    s.reports.printk('info', `note: ${p.comm}[${p.pid}] exited with preempt_count ${p.preemptCount}`);
    p.preemptCount = 0;
  }
  if (++ms.oopsCount >= OOPS_LIMIT) panic(ms, `Oopsed too often (kernel.oops_limit is ${OOPS_LIMIT})`);
  if ((p.flags & PF_EXITING) === 0) return yield* doExit(s, sig);
  s.reports.printk('err', 'Fixing recursive fault but reboot is needed!');
  p.exitState = EXIT_DEAD;
  p.rcuUsers++;
  p.state = TASK_DEAD;
  yield* schedule(s);
  yield SLEEP;
  throw new Error(`unreachable: the dead task ${p.comm} runs`);
}

/** The machine stops. @throws UsageError KERNEL_PANIC @linux kernel/panic.c panic() */
export function panic(ms: MmSubsystem, why: string): never {
  const text = `Kernel panic - not syncing: ${why}`;
  ms.s.reports.printk('bug', text);
  throw new UsageError('KERNEL_PANIC', { what: `The machine panicked at ${ms.s.sim.now} ns.`, linux: text });
}
