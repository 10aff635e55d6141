import {
  PF_WQ_WORKER,
  TASK_FROZEN,
  TASK_IDLE,
  TASK_PARKED,
  TASK_UNINTERRUPTIBLE,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadIsPerCpu, toKthread } from '@kernel-model/kthread';
import type { Worker } from '@kernel-model/workqueue';
import { isKthread } from './task-name.ts';
import { taskIsRunning, taskPpid } from './task-state.ts';

/** Where a function was left, as a stack shows it: offset and size of Debian's 6.12.95, hexadecimal. */
const KNOWN_FRAMES: ReadonlyMap<string, string> = new Map([
  ['__do_sys_wait4', '0xa2/0xb0'],
  ['devtmpfs_work_loop', '0x2f5/0x300'],
  ['devtmpfsd', '0x2e/0x30'],
  ['do_syscall_64', '0x87/0x1b0'],
  ['do_wait', '0x5d/0x100'],
  ['entry_SYSCALL_64_after_hwframe', '0x76/0x7e'],
  ['irq_thread', '0x103/0x280'],
  ['kauditd_thread', '0x1d2/0x2d0'],
  ['kcompactd', '0x3f2/0x450'],
  ['kernel_wait4', '0xb7/0x160'],
  ['khugepaged', '0x454/0x940'],
  ['ksm_scan_thread', '0x15b6/0x2430'],
  ['ksys_read', '0xbb/0xf0'],
  ['kswapd', '0x342/0x360'],
  ['kthread', '0xcf/0x100'],
  ['kthread_worker_fn', '0x10a/0x220'],
  ['kthreadd', '0x2d3/0x2f0'],
  ['oom_reaper', '0x29d/0x400'],
  ['pipe_read', '0x345/0x470'],
  ['rcu_gp_fqs_loop', '0x140/0x530'],
  ['rcu_gp_kthread', '0xd7/0x190'],
  ['rcu_tasks_kthread', '0x95/0xa0'],
  ['rcu_tasks_one_gp', '0x20d/0x420'],
  ['rescuer_thread', '0x4c4/0x5b0'],
  ['ret_from_fork', '0x31/0x50'],
  ['ret_from_fork_asm', '0x1a/0x30'],
  ['smpboot_thread_fn', '0x14c/0x1d0'],
  ['vfs_read', '0x335/0x370'],
  ['watchdog', '0x7f/0x5d0'],
  ['worker_thread', '0x97/0x2f0'],
]);

/** What the kernel's own threads run and where in it they sleep, innermost first, by name. */
const THREAD_FUNCTIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(pool_workqueue_release|watchdogd)$/, ['kthread_worker_fn']],
  [/^rcu_exp_(par_)?gp_kthread_worker/, ['kthread_worker_fn']],
  [/^rcu_(preempt|sched)$/, ['rcu_gp_fqs_loop', 'rcu_gp_kthread']],
  [/^rcu_tasks_(rude_|trace_)?kthread$/, ['rcu_tasks_one_gp', 'rcu_tasks_kthread']],
  [/^kdevtmpfs$/, ['devtmpfs_work_loop', 'devtmpfsd']],
  [/^kauditd$/, ['kauditd_thread']],
  [/^khungtaskd$/, ['watchdog']],
  [/^oom_reaper$/, ['oom_reaper']],
  [/^kswapd\d+$/, ['kswapd']],
  [/^kcompactd\d+$/, ['kcompactd']],
  [/^ksmd$/, ['ksm_scan_thread']],
  [/^khugepaged$/, ['khugepaged']],
  [/^jbd2\//, ['kjournald2']],
  [/^irq\//, ['irq_thread']],
];

/** Functions in which a task waits inside of what it runs, innermost first, by what it waits for. */
const WAITS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/ to exit$/, ['kthread_stop']],
  [/ to park$/, ['kthread_park']],
  [/^creation of /, ['__kthread_create_on_node', 'kthread_create_on_node']],
  [/^set_cpus_allowed_ptr$/, ['affine_move_task', '__set_cpus_allowed_ptr']],
  [/^stop_one_cpu$/, ['stop_one_cpu']],
  [/^flush_workqueue of /, ['__flush_workqueue']],
  [/^(flush|cancel|disable)_\w+ of /, ['__flush_work']],
  [/^rcu_barrier$/, ['rcu_barrier']],
  [/^the manager of pool /, ['put_unbound_pool']],
  [/^exit of a child of /, ['do_wait', 'kernel_wait4', '__do_sys_wait4']],
  [/^a command$/, ['pipe_read', 'vfs_read', 'ksys_read']],
  [/^SIGCONT$/, ['do_signal_stop', 'get_signal']],
];

const OF_KTHREAD: readonly string[] = ['kthread', 'ret_from_fork', 'ret_from_fork_asm'];
const OF_SYSCALL: readonly string[] = ['do_syscall_64', 'entry_SYSCALL_64_after_hwframe'];

/**
 * The kernel functions that a task is in, innermost first, without those of the scheduler itself: what Linux finds by
 * walking the stack. Empty for a task that is on a CPU.
 *
 * Unlike Linux, there is no stack to walk: the functions follow from what the task runs and what it waits for, as the
 * tables of this file say. A kernel thread that they do not know is in a function of the name of its JavaScript function
 * or, without one, of its own name.
 * @linux arch/x86/kernel/stacktrace.c stack_trace_save_tsk()
 */
export function kernelStack(p: Task): string[] {
  if (p.onCpu || p.exitState !== 0) return [];
  if (!isKthread(p)) return [...waitFunctions(p, true), ...OF_SYSCALL];
  if (taskPpid(p) === 0) return [...waitFunctions(p, false), 'kthreadd', ...OF_KTHREAD.slice(1)];
  if (sleepsSinceBirth(p)) return [...OF_KTHREAD];
  return [...waitFunctions(p, false), ...threadFunctions(p), ...OF_KTHREAD];
}

/** The text of /proc/PID/stack. Unlike Linux, offsets that were not seen on a real machine are made up; they never change. @linux fs/proc/base.c proc_pid_stack() */
export function formatStack(functions: readonly string[]): string {
  return functions.map((fn) => `[<0>] ${fn}+${frameOffset(fn)}\n`).join('');
}

/** /proc/PID/wchan: the innermost function, "0" for a task that is runnable. @linux fs/proc/base.c proc_pid_wchan() */
export function wchan(p: Task): string {
  return taskIsRunning(p) ? '0' : (kernelStack(p)[0] ?? '0');
}

/** Made, but never woken: still in what comes before the thread's own function. */
function sleepsSinceBirth(p: Task): boolean {
  const plain = (p.state & TASK_UNINTERRUPTIBLE) !== 0 && (p.state & TASK_IDLE) !== TASK_IDLE;
  return plain && p.nvcsw === 1 && p.waitsFor === '' && p.worker === null;
}

function waitFunctions(p: Task, inSyscall: boolean): readonly string[] {
  if ((p.state & TASK_PARKED) !== 0) return ['__kthread_parkme'];
  if ((p.state & TASK_FROZEN) !== 0) return ['__refrigerator'];
  if (p.pid === 1 && p.waitsFor === '') return ['do_wait', 'kernel_wait4', '__do_sys_wait4'];
  const known = WAITS.find(([what]) => what.test(p.waitsFor))?.[1];
  if (known !== undefined) return known;
  return inSyscall && p.waitsFor === '' && !taskIsRunning(p) ? ['hrtimer_nanosleep', '__x64_sys_nanosleep'] : [];
}

function threadFunctions(p: Task): readonly string[] {
  if ((p.flags & PF_WQ_WORKER) !== 0) return workerFunctions(p.worker as Worker | null);
  if (kthreadIsPerCpu(p)) return ['smpboot_thread_fn'];
  const kthread = toKthread(p);
  const name = kthread?.fullName ?? p.comm;
  const known = THREAD_FUNCTIONS.find(([which]) => which.test(name))?.[1];
  if (known !== undefined) return known;
  return [snakeCase(kthread?.threadfn?.name ?? '') || name.replace(/\W+/g, '_')];
}

function workerFunctions(worker: Worker | null): readonly string[] {
  const loop = worker !== null && worker.rescueWq !== null ? 'rescuer_thread' : 'worker_thread';
  if (worker === null || worker.currentWork === null) return [loop];
  return [worker.currentFuncName, 'process_one_work', loop];
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function frameOffset(fn: string): string {
  const known = KNOWN_FRAMES.get(fn);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (let i = 0; i < fn.length; i++) hash = Math.imul(hash ^ fn.charCodeAt(i), 0x01000193) >>> 0;
  const size = 0x40 + (hash % 0x40) * 0x10;
  const offset = 0x10 + ((hash >>> 8) % (size - 0x20));
  return `0x${offset.toString(16)}/0x${size.toString(16)}`;
}
