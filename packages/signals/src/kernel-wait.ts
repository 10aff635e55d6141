import { type MaySleep } from '@kernel-model/sim';
import { EXIT_DEAD, EXIT_ZOMBIE, releaseTask, waitEventInterruptible, type Task } from '@kernel-model/scheduler';
import { signalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/** errno: nobody to wait for. */
export const ECHILD = 10;

/**
 * Wait for a child to exit and reap it.
 * @param pid the child, or -1 for any
 * @returns the child's exit code as wait(2) shows it; -ECHILD if there is no such child; -ERESTARTSYS after a signal
 * @emits sched_process_wait
 * @linux kernel/exit.c kernel_wait()
 */
export function* kernelWait(sigs: Signals, pid: number): MaySleep<number> {
  const { s, processWait } = sigs;
  const me = s.current;
  const { group } = signalState(me);
  if (processWait.enabled) processWait.emit(me.commId, Math.max(pid, 0), me.prio);
  const interrupted = yield* waitEventInterruptible(s, group.waitChldexit, () => {
    const children = childrenOf(sigs, s.current, pid);
    return children.length === 0 || children.some(isZombie);
  });
  if (interrupted !== 0) return interrupted;
  const child = childrenOf(sigs, s.current, pid).find(isZombie);
  if (child === undefined) return -ECHILD;
  child.exitState = EXIT_DEAD;
  releaseTask(s, child);
  return child.exitCode;
}

function childrenOf(sigs: Signals, parent: Task, pid: number): Task[] {
  const { group } = signalState(parent);
  const all = pid > 0 ? [sigs.s.tasks.get(pid)] : [...sigs.s.tasks.values()];
  return all.filter(
    (p) => p !== undefined && p.parent !== null && signalState(p.parent).group === group && isProcess(p),
  ) as Task[];
}

function isProcess(p: Task): boolean {
  return signalState(p).group.leader === p;
}

/** Exited with all its threads. A leader whose threads live on is no zombie yet. */
function isZombie(p: Task): boolean {
  return p.exitState === EXIT_ZOMBIE && signalState(p).group.single;
}
