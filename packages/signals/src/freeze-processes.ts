import { POINT, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import {
  EBUSY,
  PF_KTHREAD,
  PF_SUSPEND_TASK,
  msecsToJiffies,
  schedule,
  stateLetter,
  usleepRange,
  type Task,
} from '@kernel-model/scheduler';
import { freezeTask, thawTask } from './freezer.ts';
import { freezing, frozen } from './freezing.ts';
import type { Signals } from './signals.ts';

const LONGEST_SLEEP_US = 8000;
const NSEC_PER_MSEC = 1_000_000;

/**
 * Freeze every user task but the current one: the first phase of a suspend.
 * Unlike Linux, no usermode helpers and no OOM killer are disabled: there are none.
 * @returns 0, or -EBUSY after 20 s or a wakeup event; then everything is thawed again
 * @linux kernel/power/process.c freeze_processes()
 */
export function* freezeProcesses(sigs: Signals): MaySleep<number> {
  const { s, freezer } = sigs;
  if (s.sim.point(freezer, 'state', WRITE)) yield POINT;
  s.current.flags |= PF_SUSPEND_TASK;
  if (!freezer.pmFreezing) freezer.active++;
  freezer.wakeupPending = false;
  freezer.pmFreezing = true;
  const error = yield* tryToFreezeTasks(sigs, true);
  if (error !== 0) yield* thawProcesses(sigs);
  return error;
}

/**
 * Freeze every freezable kernel thread and workqueue: the second phase. User tasks must be frozen.
 * @returns 0, or -EBUSY; then kernel threads are thawed, and user tasks are up to the caller
 * @linux kernel/power/process.c freeze_kernel_threads()
 */
export function* freezeKernelThreads(sigs: Signals): MaySleep<number> {
  const { s, freezer } = sigs;
  if (s.sim.point(freezer, 'state', WRITE)) yield POINT;
  freezer.pmNosigFreezing = true;
  const error = yield* tryToFreezeTasks(sigs, false);
  if (error !== 0) yield* thawKernelThreads(sigs);
  return error;
}

/** Both phases, as a suspend runs them. @returns 0 or -EBUSY, with everything thawed @linux kernel/power/power.h suspend_freeze_processes() */
export function* suspendFreezeProcesses(sigs: Signals): MaySleep<number> {
  const users = yield* freezeProcesses(sigs);
  if (users !== 0) return users;
  const kernel = yield* freezeKernelThreads(sigs);
  if (kernel !== 0) yield* thawProcesses(sigs);
  return kernel;
}

/** End of the freeze: workqueues first, then every task. @linux kernel/power/process.c thaw_processes() */
export function* thawProcesses(sigs: Signals): MaySleep<void> {
  const { s, freezer } = sigs;
  if (s.sim.point(freezer, 'state', WRITE)) yield POINT;
  const curr = s.current;
  if (freezer.pmFreezing) freezer.active--;
  freezer.pmFreezing = freezer.pmNosigFreezing = false;
  s.reports.printk('info', 'Restarting tasks ... done.');
  freezer.hooks.thawWorkqueues();
  for (const p of allThreads(sigs)) yield* thawTask(sigs, p);
  if ((curr.flags & PF_SUSPEND_TASK) === 0) s.reports.warn(`${curr.comm}/${curr.pid} thaws what it did not freeze`);
  curr.flags &= ~PF_SUSPEND_TASK;
  yield* schedule(s);
}

/** Undo the second phase alone. @linux kernel/power/process.c thaw_kernel_threads() */
export function* thawKernelThreads(sigs: Signals): MaySleep<void> {
  const { s, freezer } = sigs;
  if (s.sim.point(freezer, 'state', WRITE)) yield POINT;
  freezer.pmNosigFreezing = false;
  s.reports.printk('info', 'Restarting kernel threads ... done.');
  freezer.hooks.thawWorkqueues();
  for (const p of allThreads(sigs)) if ((p.flags & PF_KTHREAD) !== 0) yield* thawTask(sigs, p);
  yield* schedule(s);
}

/** @linux kernel/power/process.c try_to_freeze_tasks() */
function* tryToFreezeTasks(sigs: Signals, userOnly: boolean): MaySleep<number> {
  const { s, freezer } = sigs;
  const what = userOnly ? 'user space processes' : 'remaining freezable tasks';
  s.reports.printk('info', `Freezing ${what}`);
  const startNs = s.sim.now;
  const endAtJiffies = s.jiffies + msecsToJiffies(freezer.freezeTimeoutMs);
  if (!userOnly) freezer.hooks.freezeWorkqueuesBegin();
  let sleepUs = 1000;
  let todo: number;
  let busy = false;
  let aborted = false;
  for (;;) {
    todo = yield* freezeOnce(sigs);
    if (!userOnly) busy = freezer.hooks.freezeWorkqueuesBusy();
    if ((todo === 0 && !busy) || s.jiffies > endAtJiffies) break;
    if (freezer.wakeupPending) {
      aborted = true;
      break;
    }
    yield* usleepRange(s, sleepUs / 2, sleepUs);
    if (sleepUs < LONGEST_SLEEP_US) sleepUs *= 2;
  }
  const seconds = secondsText(s.sim.now - startNs);
  if (todo === 0 && !busy) {
    s.reports.printk('info', `Freezing ${what} completed (elapsed ${seconds} seconds)`);
    return 0;
  }
  const verdict = `${aborted ? 'aborted' : 'failed'} after ${seconds} seconds`;
  s.reports.printk('err', `Freezing ${what} ${verdict} (${todo} tasks refusing to freeze, wq_busy=${busy ? 1 : 0}):`);
  if (!aborted) showRefusing(sigs);
  return -EBUSY;
}

/** Ask everybody once. @returns how many have to be asked again */
function* freezeOnce(sigs: Signals): Step<number> {
  const { s } = sigs;
  let todo = 0;
  for (const p of allThreads(sigs)) {
    if (p === s.current) continue;
    if (s.sim.point(p, 'state', WRITE)) yield POINT;
    if (freezeTask(sigs, p)) todo++;
  }
  return todo;
}

/** @linux kernel/sched/core.c sched_show_task() */
function showRefusing(sigs: Signals): void {
  const { s } = sigs;
  for (const p of allThreads(sigs)) {
    if (p === s.current || !freezing(sigs, p) || frozen(p)) continue;
    const waits = p.waitsFor === '' ? '' : `, waits for ${p.waitsFor}`;
    s.reports.printk(
      'info',
      `task:${p.comm.padEnd(15)} state:${stateLetter(p.state, p.exitState)} pid:${p.pid}${waits}`,
    );
  }
}

/** Every task that can be found, in order of creation; the idle tasks are not among them. */
function allThreads(sigs: Signals): Task[] {
  return [...sigs.s.tasks.values()];
}

function secondsText(ns: number): string {
  const ms = Math.floor(ns / NSEC_PER_MSEC);
  return `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`;
}
