import { PF_KTHREAD, PF_WQ_WORKER, type Task } from '@kernel-model/scheduler';
import { getKthreadComm } from '@kernel-model/kthread';
import { wqWorkerComm } from '@kernel-model/workqueue';

/** Bytes of a name in /proc, and its NUL. */
const PROC_NAME_SIZE = 64;

/**
 * The name of a task in /proc/PID/comm, stat and status: a worker's with what it works for, a kernel thread's in full,
 * and the comm of a process. At most 63 bytes.
 * @linux fs/proc/array.c proc_task_name()
 */
export function procTaskName(p: Task): string {
  const name = (p.flags & PF_WQ_WORKER) !== 0 ? wqWorkerComm(p) : isKthread(p) ? getKthreadComm(p) : p.comm;
  return name.slice(0, PROC_NAME_SIZE - 1);
}

/** Does the task live in the kernel alone? */
export function isKthread(p: Task): boolean {
  return (p.flags & PF_KTHREAD) !== 0;
}

/**
 * What /proc/PID/cmdline holds, arguments separated by blanks instead of NULs: nothing for a kernel thread.
 * Unlike Linux, a process has no arguments: its name stands for its command line.
 * @linux fs/proc/base.c proc_pid_cmdline_read()
 */
export function taskCmdline(p: Task): string {
  return isKthread(p) ? '' : p.comm;
}

/** What ps shows as the command: the command line, or, if that is empty, the name in brackets. */
export function psCommand(p: Task): string {
  const cmdline = taskCmdline(p);
  return cmdline === '' ? `[${procTaskName(p)}]` : cmdline;
}
