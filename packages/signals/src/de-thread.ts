import { POINT, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  EAGAIN,
  EXIT_DEAD,
  EXIT_ZOMBIE,
  TASK_KILLABLE,
  TASK_RUNNING,
  releaseTask,
  schedule,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { killThreads } from './send-signal.ts';
import { SIGNAL_GROUP_EXIT, signalState, type SignalGroup } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * The current task starts another program: every other thread of its process is killed and waited for. If it does not
 * lead the process, it does from now on, under the leader's pid.
 * @returns 0, or -EAGAIN if the process is ending, or another thread was faster
 * @linux fs/exec.c de_thread()
 */
export function* deThread(sigs: Signals): MaySleep<number> {
  const { s } = sigs;
  const p = s.current;
  const { group } = signalState(p);
  if (group.single) return 0;
  if (s.sim.point(p, 'pending', WRITE)) yield POINT;
  if ((group.flags & SIGNAL_GROUP_EXIT) !== 0 || group.execTask !== null) return -EAGAIN;
  group.execTask = p;
  killThreads(sigs, p, p);
  while (!aloneBut(group, p)) {
    p.state = TASK_KILLABLE;
    p.waitsFor = 'the other threads of the process to exit';
    yield* schedule(s);
    p.waitsFor = '';
  }
  p.state = TASK_RUNNING;
  group.execTask = null;
  if (group.leader !== p) becomeLeader(s, group, p);
  return 0;
}

/** A leader that has exited stays until the last thread has. */
function aloneBut(group: SignalGroup, p: Task): boolean {
  return group.threads.every((t) => t === p || (t === group.leader && t.exitState === EXIT_ZOMBIE));
}

function becomeLeader(s: Scheduler, group: SignalGroup, p: Task): void {
  const old = group.leader;
  const { pid } = old;
  s.tasks.set(p.pid, old);
  s.tasks.set(pid, p);
  old.pid = p.pid;
  p.pid = pid;
  p.startAtNs = old.startAtNs;
  group.leader = group.currTarget = p;
  group.threads.splice(group.threads.indexOf(old), 1);
  for (const child of s.tasks.values()) if (child.parent === old) child.parent = p;
  old.exitState = EXIT_DEAD;
  releaseTask(s, old);
}
