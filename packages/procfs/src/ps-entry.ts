import {
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_RR,
  taskCputimeAdjusted,
  taskNice,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { signalState } from '@kernel-model/signals';
import { nsecToClockT } from './format.ts';
import { wchan } from './kernel-stack.ts';
import { KIB_PER_PAGE, taskMemory } from './task-memory.ts';
import { isKthread, procTaskName, psCommand } from './task-name.ts';
import { taskPpid, taskStateLetter } from './task-state.ts';

/** A row of ps. */
export interface PsEntry {
  /** Thread id; the process is {@link tgid}. */
  readonly pid: number;
  readonly tgid: number;
  readonly ppid: number;
  readonly uid: number;
  /** The whole name: not cut to 15 bytes, without brackets. */
  readonly comm: string;
  /** The command line; a kernel thread's name in brackets. */
  readonly command: string;
  readonly kthread: boolean;
  /** State letter, then `<` (nice below 0), `N` (above 0), `l` (more threads): "I<". */
  readonly stat: string;
  /** TS, FF, RR, B, IDL or DLN. */
  readonly cls: string;
  readonly policy: number;
  /** 0 unless FF or RR. */
  readonly rtprio: number;
  /** As /proc/PID/stat has it: 20 for nice 0, -100 for migration/N. */
  readonly priority: number;
  readonly nice: number;
  /** CPU. */
  readonly psr: number;
  /** "-" for a runnable task. */
  readonly wchan: string;
  readonly nlwp: number;
  /** Runtime in 1/100 s. */
  readonly timeTicks: number;
  /** Start in 1/100 s since boot. */
  readonly startTicks: number;
  readonly flags: number;
  /** Size of its address space, and what of it is present, in KiB; 0 for a kernel thread. */
  readonly vsz: number;
  readonly rss: number;
  // sets of signals, 16 hexadecimal digits
  readonly pending: string;
  readonly blocked: string;
}

/** A row for every task, by pid. */
export function psEntries(s: Scheduler): PsEntry[] {
  return [...s.tasks.values()].sort((a, b) => a.pid - b.pid).map(psEntry);
}

/** The row of a task. */
export function psEntry(p: Task): PsEntry {
  const { group, pending, blocked } = signalState(p);
  const { utimeNs, stimeNs } = taskCputimeAdjusted(p);
  const memory = taskMemory(p);
  const nlwp = group.threads.length;
  return {
    pid: p.pid,
    tgid: group.leader.pid,
    ppid: taskPpid(p),
    uid: group.uid,
    comm: procTaskName(p),
    command: taskStateLetter(p) === 'Z' ? `${psCommand(p)} <defunct>` : psCommand(p),
    kthread: isKthread(p),
    stat: taskStateLetter(p) + (taskNice(p) < 0 ? '<' : taskNice(p) > 0 ? 'N' : '') + (nlwp > 1 ? 'l' : ''),
    cls: className(p.policy),
    policy: p.policy,
    rtprio: p.rtPriority,
    priority: p.prio - 100,
    nice: taskNice(p),
    psr: p.cpu,
    wchan: wchanOf(p),
    nlwp,
    timeTicks: nsecToClockT(utimeNs) + nsecToClockT(stimeNs),
    startTicks: nsecToClockT(p.startAtNs),
    flags: p.flags >>> 0,
    vsz: (memory?.size ?? 0) * KIB_PER_PAGE,
    rss: (memory?.resident ?? 0) * KIB_PER_PAGE,
    pending: pending.signal.toString(),
    blocked: blocked.toString(),
  };
}

function className(policy: number): string {
  switch (policy) {
    case SCHED_FIFO:
      return 'FF';
    case SCHED_RR:
      return 'RR';
    case SCHED_BATCH:
      return 'B';
    case SCHED_IDLE:
      return 'IDL';
    case SCHED_DEADLINE:
      return 'DLN';
    default:
      return 'TS';
  }
}

/** ps leaves out leading underscores. */
function wchanOf(p: Task): string {
  const symbol = wchan(p);
  return symbol === '0' ? '-' : symbol.replace(/^_+/, '');
}
