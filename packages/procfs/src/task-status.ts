import type { Scheduler, Task } from '@kernel-model/scheduler';
import { signalState } from '@kernel-model/signals';
import { hexCpus, listCpus } from './format.ts';
import { statusMemoryLines, taskMemory, type TaskMemory } from './task-memory.ts';
import { isKthread, procTaskName } from './task-name.ts';
import { ignoredAndCaught } from './task-stat.ts';
import { taskPpid, taskStateText } from './task-state.ts';

/** Nodes that Debian's kernel has room for, in groups of 32 bits: node 0 alone exists. */
const MEMS_ALLOWED = `${'00000000,'.repeat(31)}00000001`;

/** /proc/PID/status: the lines that differ from task to task. */
export interface TaskStatus {
  readonly name: string;
  /** E.g. "S (sleeping)". */
  readonly state: string;
  readonly tgid: number;
  readonly pid: number;
  readonly ppid: number;
  readonly uid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly kthread: boolean;
  /** null: it has no address space. */
  readonly memory: TaskMemory | null;
  readonly threads: number;
  readonly queuedSignals: number;
  readonly maxQueuedSignals: number;
  // sets of signals, 16 hexadecimal digits
  readonly sigPnd: string;
  readonly shdPnd: string;
  readonly sigBlk: string;
  readonly sigIgn: string;
  readonly sigCgt: string;
  readonly cpusAllowed: string;
  readonly cpusAllowedList: string;
  readonly voluntarySwitches: number;
  readonly nonvoluntarySwitches: number;
}

/** What /proc/PID/status says of a task. @linux fs/proc/array.c proc_pid_status() */
export function taskStatus(s: Scheduler, p: Task): TaskStatus {
  const state = signalState(p);
  const { group } = state;
  const { ignored, caught } = ignoredAndCaught(p);
  return {
    name: procTaskName(p),
    state: taskStateText(p),
    tgid: group.leader.pid,
    pid: p.pid,
    ppid: taskPpid(p),
    uid: group.uid,
    pgid: 0,
    sid: 0,
    kthread: isKthread(p),
    memory: taskMemory(p),
    threads: group.threads.length,
    queuedSignals: state.pending.list.length + group.sharedPending.list.length,
    maxQueuedSignals: group.rlimitSigpending,
    sigPnd: state.pending.signal.toString(),
    shdPnd: group.sharedPending.signal.toString(),
    sigBlk: state.blocked.toString(),
    sigIgn: ignored.toString(),
    sigCgt: caught.toString(),
    cpusAllowed: hexCpus(p.cpusMask, s.nrCpus),
    cpusAllowedList: listCpus(p.cpusMask),
    voluntarySwitches: p.nvcsw,
    nonvoluntarySwitches: p.nivcsw,
  };
}

/** The text of /proc/PID/status. Of the memory lines of a process, those are there that the model has numbers for. */
export function formatTaskStatus(t: TaskStatus): string {
  const id = `${t.uid}\t${t.uid}\t${t.uid}\t${t.uid}`;
  return [
    `Name:\t${t.name.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
    'Umask:\t0022',
    `State:\t${t.state}`,
    `Tgid:\t${t.tgid}`,
    'Ngid:\t0',
    `Pid:\t${t.pid}`,
    `PPid:\t${t.ppid}`,
    'TracerPid:\t0',
    `Uid:\t${id}`,
    `Gid:\t${id}`,
    'FDSize:\t64',
    'Groups:\t ',
    `NStgid:\t${t.tgid}`,
    `NSpid:\t${t.pid}`,
    `NSpgid:\t${t.pgid}`,
    `NSsid:\t${t.sid}`,
    `Kthread:\t${Number(t.kthread)}`,
    ...statusMemoryLines(t.memory),
    `Threads:\t${t.threads}`,
    `SigQ:\t${t.queuedSignals}/${t.maxQueuedSignals}`,
    `SigPnd:\t${t.sigPnd}`,
    `ShdPnd:\t${t.shdPnd}`,
    `SigBlk:\t${t.sigBlk}`,
    `SigIgn:\t${t.sigIgn}`,
    `SigCgt:\t${t.sigCgt}`,
    'CapInh:\t0000000000000000',
    'CapPrm:\t000001ffffffffff',
    'CapEff:\t000001ffffffffff',
    'CapBnd:\t000001ffffffffff',
    'CapAmb:\t0000000000000000',
    'NoNewPrivs:\t0',
    'Seccomp:\t0',
    'Seccomp_filters:\t0',
    'Speculation_Store_Bypass:\tnot vulnerable',
    'SpeculationIndirectBranch:\talways enabled',
    `Cpus_allowed:\t${t.cpusAllowed}`,
    `Cpus_allowed_list:\t${t.cpusAllowedList}`,
    `Mems_allowed:\t${MEMS_ALLOWED}`,
    'Mems_allowed_list:\t0',
    `voluntary_ctxt_switches:\t${t.voluntarySwitches}`,
    `nonvoluntary_ctxt_switches:\t${t.nonvoluntarySwitches}`,
    'x86_Thread_features:\t',
    'x86_Thread_features_locked:\t',
    '',
  ].join('\n');
}
