import { POINT, SLEEP, WRITE, type MaySleep } from '@kernel-model/sim';
import { complete } from './completion.ts';
import { EXIT_DEAD, EXIT_ZOMBIE, PF_EXITING, PF_NOFREEZE, SM_NONE, TASK_DEAD, TASK_RUNNING } from './constants.ts';
import { __schedule } from './core.ts';
import { putTaskStructRcuUser } from './fork.ts';
import type { Scheduler } from './scheduler.ts';
import type { Task } from './task.ts';

/**
 * End the current task. Whoever waits for its exit is told before the task is reaped.
 * @emits sched_process_exit, sched_switch
 * @linux kernel/exit.c do_exit()
 */
export function* doExit(s: Scheduler, code: number): MaySleep<never> {
  const p = s.current;
  s.sim.charge(s.config.costs.call);
  if (s.sim.point(p, 'flags', WRITE)) yield POINT;
  p.state = TASK_RUNNING;
  p.flags |= PF_EXITING;
  p.exitCode = code;
  s.hooks.exitSignals(p);
  yield* exitMm(s, p);
  const { processExit } = s.probes;
  if (processExit.enabled) processExit.emit(p.commId, p.pid, p.prio);
  s.recorded();
  s.sim.charge(s.config.costs.exit);
  s.hooks.exitTask(p);
  yield* exitNotify(s, p);
  p.state = TASK_DEAD;
  p.flags |= PF_NOFREEZE;
  __schedule(p.rq, SM_NONE);
  yield SLEEP;
  throw new Error(`unreachable: the dead task ${p.comm} runs`);
}

/** @linux kernel/fork.c mm_release() */
function* exitMm(s: Scheduler, p: Task): MaySleep<void> {
  const done = p.vforkDone;
  if (done !== null) {
    p.vforkDone = null;
    yield* complete(s, done);
  }
  yield* s.hooks.exitMm(p);
}

/** Tell the parent; a child in which nobody is interested is reaped at once. @linux kernel/exit.c exit_notify() */
function* exitNotify(s: Scheduler, p: Task): MaySleep<void> {
  if (s.sim.point(s.tasks, 'pids', WRITE)) yield POINT;
  p.exitState = EXIT_ZOMBIE;
  if (!s.hooks.doNotifyParent(p)) return;
  p.exitState = EXIT_DEAD;
  releaseTask(s, p);
}

/** Take an exited task out of the tables. @linux kernel/exit.c release_task() */
export function releaseTask(s: Scheduler, p: Task): void {
  s.tasks.delete(p.pid);
  putTaskStructRcuUser(s, p);
}
