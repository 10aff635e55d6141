import { EXIT_DEAD, EXIT_ZOMBIE, PF_EXITING, releaseTask, type Task } from '@kernel-model/scheduler';
import { notifyParent } from './notify-parent.ts';
import { signalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * An exiting task hands on its children: to another thread of its process, to the nearest ancestor that said it reaps
 * orphans, or to init. A child that is a zombie already is told to the new parent. Without an init nobody gets them.
 * @emits signal_generate
 * @linux kernel/exit.c forget_original_parent()
 */
export function forgetOriginalParent(sigs: Signals, father: Task): void {
  const { group } = signalState(father);
  if (!group.hasForked) return;
  const reaper = findNewReaper(sigs, father);
  if (reaper === null) return;
  const to = signalState(reaper).group;
  to.hasForked = true;
  for (const p of [...sigs.s.tasks.values()]) {
    if (p.parent !== father) continue;
    p.parent = reaper;
    if (to !== group && signalState(p).group.leader === p) reparentLeader(sigs, p);
  }
}

/** @returns null if there is nobody @linux kernel/exit.c find_new_reaper() */
function findNewReaper(sigs: Signals, father: Task): Task | null {
  const thread = findAliveThread(father);
  if (thread !== null) return thread;
  if (signalState(father).group.hasChildSubreaper) {
    for (let p = father.parent; p !== null; p = p.parent) {
      if (!signalState(p).group.isChildSubreaper) continue;
      const reaper = findAliveThread(p);
      if (reaper !== null) return reaper;
    }
  }
  return sigs.childReaper;
}

/** @linux kernel/exit.c find_alive_thread() */
function findAliveThread(p: Task): Task | null {
  return signalState(p).group.threads.find((t) => (t.flags & PF_EXITING) === 0) ?? null;
}

/** @linux kernel/exit.c reparent_leader() */
function reparentLeader(sigs: Signals, p: Task): void {
  if (p.exitState !== EXIT_ZOMBIE || !signalState(p).group.single || !notifyParent(sigs, p)) return;
  p.exitState = EXIT_DEAD;
  releaseTask(sigs.s, p);
}

/**
 * The process of a task takes the orphans among its descendants from now on, as a service manager does, or does not any
 * more. Descendants that it has already are among them.
 * @linux kernel/sys.c prctl() PR_SET_CHILD_SUBREAPER
 */
export function setChildSubreaper(sigs: Signals, p: Task, on: boolean): void {
  const { group } = signalState(p);
  group.isChildSubreaper = on;
  if (!on) return;
  for (const task of sigs.s.tasks.values()) {
    for (let up = task.parent; up !== null; up = up.parent) {
      if (signalState(up).group === group) signalState(task).group.hasChildSubreaper = true;
    }
  }
}
