import { POINT, READ, type Step } from '@kernel-model/sim';
import { EINVAL, EPERM, ESRCH, type Task } from '@kernel-model/scheduler';
import { groupSendSigInfo, killPidInfo } from './send-sig.ts';
import { KernelSiginfo, PIDTYPE_MAX, PIDTYPE_PID, SI_TKILL, SI_USER } from './siginfo.ts';
import { signalState } from './signal-state.ts';
import type { Signals } from './signals.ts';

/**
 * The system call kill(2) of the current task.
 * @param pid a process, or -1 for every process but the caller and init; process groups are not modelled
 * @returns 0, -EINVAL, -EPERM, -ESRCH
 * @emits signal_generate
 * @linux kernel/signal.c sys_kill()
 */
export function* kill(sigs: Signals, pid: number, sig: number): Step<number> {
  const info = userInfo(sigs, sig, SI_USER);
  if (pid > 0) return yield* killPidInfo(sigs, sig, info, pid);
  if (pid !== -1) return -EINVAL;
  const { s } = sigs;
  if (s.sim.point(s.tasks, 'pids', READ)) yield POINT;
  const self = signalState(s.current).group;
  const targets = [...s.tasks.values()].filter((p) => p.pid > 1 && signalState(p).group !== self && isLeader(p));
  let result = 0;
  for (const p of targets) {
    const error = yield* groupSendSigInfo(sigs, sig, info, p, PIDTYPE_MAX);
    if (error !== -EPERM) result = error;
  }
  return targets.length === 0 ? -ESRCH : result;
}

/** The system call tkill(2): a signal for one thread. @returns 0, -EINVAL, -EPERM, -ESRCH @emits signal_generate @linux kernel/signal.c sys_tkill() */
export function tkill(sigs: Signals, tid: number, sig: number): Step<number> {
  return doTkill(sigs, -1, tid, sig);
}

/** The system call tgkill(2): {@link tkill} if the thread belongs to the process. @emits signal_generate @linux kernel/signal.c sys_tgkill() */
export function tgkill(sigs: Signals, tgid: number, tid: number, sig: number): Step<number> {
  return doTkill(sigs, tgid, tid, sig);
}

/** @linux kernel/signal.c do_send_specific() */
function* doTkill(sigs: Signals, tgid: number, tid: number, sig: number): Step<number> {
  if (tid <= 0) return -EINVAL;
  const { s } = sigs;
  if (s.sim.point(s.tasks, 'pids', READ)) yield POINT;
  const p = s.tasks.get(tid);
  if (p === undefined || (tgid > 0 && signalState(p).group.leader.pid !== tgid)) return -ESRCH;
  const error = yield* groupSendSigInfo(sigs, sig, userInfo(sigs, sig, SI_TKILL), p, PIDTYPE_PID);
  // it went away between the look-up and the signal: as if it had taken it
  return error === -ESRCH ? 0 : error;
}

function isLeader(p: Task): boolean {
  return signalState(p).group.leader === p;
}

function userInfo(sigs: Signals, sig: number, code: number): KernelSiginfo {
  const { group } = signalState(sigs.s.current);
  return new KernelSiginfo(sig, code, group.leader.pid, group.uid);
}
