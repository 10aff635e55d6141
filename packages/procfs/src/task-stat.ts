import { PAGE_SIZE } from '@kernel-model/mm';
import { taskCputimeAdjusted, taskNice, type Task } from '@kernel-model/scheduler';
import { SIG_DFL, SIG_IGN, SigSet, signalState } from '@kernel-model/signals';
import { nsecToClockT } from './format.ts';
import { taskMemory } from './task-memory.ts';
import { isKthread, procTaskName } from './task-name.ts';
import { taskIsRunning, taskPpid, taskStateLetter } from './task-state.ts';

/** SIGCHLD: what a task sends its parent when it ends. */
const SIGCHLD = 17;
const LAST_SIGNAL = 64;
/** RLIM_INFINITY as /proc prints it. */
const RLIM_INFINITY = '18446744073709551615';

/** /proc/PID/stat, field by field. Times in 1/100 s; what is not modelled is left out and printed as 0. */
export interface TaskStat {
  readonly pid: number;
  readonly comm: string;
  /** One of "RSDTtXZPI". */
  readonly state: string;
  readonly ppid: number;
  readonly pgrp: number;
  readonly session: number;
  readonly flags: number;
  readonly utime: number;
  readonly stime: number;
  /** Kernel priority less 100: 20 for nice 0, -2 .. -100 for RT, -101 for deadline. */
  readonly priority: number;
  readonly nice: number;
  readonly numThreads: number;
  /** Since boot. */
  readonly startTime: number;
  /** Size of its address space in bytes, and pages that are present. */
  readonly vsize: number;
  readonly rss: number;
  // the lower 31 bits of each set
  readonly signal: number;
  readonly blocked: number;
  readonly sigignore: number;
  readonly sigcatch: number;
  /** 1 unless it is runnable. */
  readonly wchan: number;
  readonly exitSignal: number;
  readonly processor: number;
  readonly rtPriority: number;
  readonly policy: number;
  readonly exitCode: number;
}

/** What /proc/PID/stat says of a task. @linux fs/proc/array.c do_task_stat() */
export function taskStat(p: Task): TaskStat {
  const state = signalState(p);
  const { ignored, caught } = ignoredAndCaught(p);
  const { utimeNs, stimeNs } = taskCputimeAdjusted(p);
  const memory = taskMemory(p);
  return {
    pid: p.pid,
    comm: procTaskName(p),
    state: taskStateLetter(p),
    ppid: taskPpid(p),
    pgrp: 0,
    session: 0,
    flags: p.flags >>> 0,
    utime: nsecToClockT(utimeNs),
    stime: nsecToClockT(stimeNs),
    priority: p.prio - 100,
    nice: taskNice(p),
    numThreads: state.group.threads.length,
    startTime: nsecToClockT(p.startAtNs),
    vsize: (memory?.size ?? 0) * PAGE_SIZE,
    rss: memory?.resident ?? 0,
    signal: low31(state.pending.signal),
    blocked: low31(state.blocked),
    sigignore: low31(ignored),
    sigcatch: low31(caught),
    wchan: taskIsRunning(p) ? 0 : 1,
    exitSignal: isKthread(p) && taskPpid(p) === 0 ? 0 : SIGCHLD,
    processor: p.cpu,
    rtPriority: p.rtPriority,
    policy: p.policy,
    exitCode: p.exitCode,
  };
}

/** The line of /proc/PID/stat. */
export function formatTaskStat(t: TaskStat): string {
  return (
    `${t.pid} (${t.comm}) ${t.state} ${t.ppid} ${t.pgrp} ${t.session} 0 -1 ${t.flags} 0 0 0 0 ` +
    `${t.utime} ${t.stime} 0 0 ${t.priority} ${t.nice} ${t.numThreads} 0 ${t.startTime} ${t.vsize} ${t.rss} ${RLIM_INFINITY} ` +
    `0 0 0 0 0 ${t.signal} ${t.blocked} ${t.sigignore} ${t.sigcatch} ${t.wchan} 0 0 ` +
    `${t.exitSignal} ${t.processor} ${t.rtPriority} ${t.policy} 0 0 0 0 0 0 0 0 0 0 ${t.exitCode}\n`
  );
}

/** Signals that a task ignores and those that it takes in its own way. @linux fs/proc/array.c collect_sigign_sigcatch() */
export function ignoredAndCaught(p: Task): { readonly ignored: SigSet; readonly caught: SigSet } {
  const { group } = signalState(p);
  const ignored = new SigSet();
  const caught = new SigSet();
  for (let sig = 1; sig <= LAST_SIGNAL; sig++) {
    const { handler } = group.action(sig);
    if (handler === SIG_IGN) ignored.add(sig);
    else if (handler !== SIG_DFL) caught.add(sig);
  }
  return { ignored, caught };
}

function low31(set: SigSet): number {
  return set.lo & 0x7fffffff;
}
