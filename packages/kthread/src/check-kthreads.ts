import { violated } from '@kernel-model/sim';
import {
  EXIT_ZOMBIE,
  PF_EXITING,
  PF_KTHREAD,
  PF_NO_SETAFFINITY,
  TASK_PARKED,
  type Task,
} from '@kernel-model/scheduler';
import { KTHREAD_IS_PER_CPU, KTHREAD_SHOULD_STOP, Kthread, toKthread, type Kthreads } from './kthread.ts';

/**
 * Check what must hold of kernel threads between the steps of a machine. Slow: for tests.
 * @throws InvariantViolation KTHREADD, KTHREAD_STRUCT, KTHREAD_EXITED, KTHREAD_BINDING, KTHREAD_PARKED or KTHREAD_PARENT
 */
export function checkKthreads(k: Kthreads): void {
  const { s } = k;
  if (k.createList.length > 0 && k.kthreadd === null) {
    throw violated('KTHREADD', `${k.createList.length} threads are asked for before kthreadd exists`);
  }
  for (const p of s.tasks.values()) checkThread(k, p);
  for (const rq of s.rqs) checkThread(k, rq.curr);
}

function checkThread(k: Kthreads, p: Task): void {
  if (p.pid === 0) return;
  const wrong = (name: string, what: string): Error =>
    violated(name, `${p.comm} (pid ${p.pid}) ${what} at ${k.s.sim.now} ns`);
  const self = toKthread(p);
  if (((p.flags & PF_KTHREAD) !== 0) !== p.workerPrivate instanceof Kthread) {
    throw wrong('KTHREAD_STRUCT', 'is a kernel thread without struct kthread, or the other way round');
  }
  if (self === null) return;
  if (p.freed) throw wrong('KTHREAD_STRUCT', 'runs after it was freed');
  checkExit(p, self, wrong);
  if ((self.flags & KTHREAD_IS_PER_CPU) !== 0 && (self.cpu < 0 || (p.flags & PF_NO_SETAFFINITY) === 0)) {
    throw wrong('KTHREAD_BINDING', 'belongs to a CPU and is not bound');
  }
  if (p.state === TASK_PARKED && (self.flags & KTHREAD_SHOULD_STOP) !== 0 && (p.flags & PF_EXITING) !== 0) {
    throw wrong('KTHREAD_PARKED', 'is parked and exits');
  }
  if (p.parent !== k.kthreadd && p !== k.kthreadd) throw wrong('KTHREAD_PARENT', `is a child of ${p.parent?.comm}`);
}

/** Whoever waits for the exit is told once, before the thread is reaped, which happens at once. */
function checkExit(p: Task, self: Kthread, wrong: (name: string, what: string) => Error): void {
  const told = p.vforkDone === null;
  if (!told && self.exited.done !== 0)
    throw wrong('KTHREAD_EXITED', 'has told its stopper and not let go of the completion');
  if (told && (p.flags & PF_EXITING) === 0) throw wrong('KTHREAD_EXITED', 'has told its stopper and does not exit');
  if (p.exitState !== 0 && !told) throw wrong('KTHREAD_EXITED', 'is reaped before its stopper was told');
  if (self.exited.done > 1) throw wrong('KTHREAD_EXITED', `has told its stopper ${self.exited.done} times`);
  if (p.exitState === EXIT_ZOMBIE) throw wrong('KTHREAD_EXITED', 'waits to be reaped');
}
