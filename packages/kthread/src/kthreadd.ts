import { POINT, READ, WRITE, type MaySleep } from '@kernel-model/sim';
import {
  EAGAIN,
  PF_NOFREEZE,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  complete,
  kernelClone,
  schedule,
  setCpusAllowedPtr,
  setCurrentState,
  setTaskComm,
  type Task,
} from '@kernel-model/scheduler';
import { forkSignals, ignoreSignals } from '@kernel-model/signals';
import type { KthreadCreateInfo } from './create.ts';
import { Kthread, type Kthreads } from './kthread.ts';
import { kthread } from './trampoline.ts';

/**
 * pid 2: serves the requests to make kernel threads, first come first, and never ends. Everything that it makes inherits
 * its clean state: no address space, all signals ignored, not freezable.
 * @linux kernel/kthread.c kthreadd()
 */
export function* kthreadd(k: Kthreads): MaySleep<never> {
  const { s } = k;
  const me = s.current;
  setTaskComm(s, me, 'kthreadd');
  yield* ignoreSignals(k.signals, me);
  yield* setCpusAllowedPtr(s, me, s.possibleMask);
  me.flags |= PF_NOFREEZE;
  for (;;) {
    yield* setCurrentState(s, TASK_INTERRUPTIBLE);
    if (s.sim.point(k, 'createList', READ)) yield POINT;
    if (k.createList.length === 0) yield* schedule(s);
    me.state = TASK_RUNNING;
    if (s.sim.point(k, 'createList', WRITE)) yield POINT;
    for (let create = k.createList.shift(); create !== undefined; create = k.createList.shift()) {
      yield* createKthread(k, create);
      s.sim.charge(s.config.costs.lock);
      if (s.sim.point(k, 'createList', WRITE)) yield POINT;
    }
  }
}

/** Fork the thread; does not wait for it. @linux kernel/kthread.c create_kthread() */
function* createKthread(k: Kthreads, create: KthreadCreateInfo): MaySleep<void> {
  const p = yield* kernelThread(k, () => kthread(k, create), create.fullName);
  if (typeof p !== 'number') return;
  if (k.s.sim.point(create, 'done', WRITE)) yield POINT;
  const done = create.take();
  if (done === null) return;
  create.result = p;
  yield* complete(k.s, done);
}

/**
 * Fork a kernel thread from the current task. It is awake; fn must end with doExit().
 * @returns the task, or a negative errno
 * @linux kernel/fork.c kernel_thread()
 */
export function kernelThread(k: Kthreads, fn: () => MaySleep<unknown>, name: string): MaySleep<Task | number> {
  const parent = k.s.current;
  const prepare = (p: Task): number => {
    if (k.failAlloc('kthread')) return -EAGAIN;
    const struct = new Kthread(p.comm);
    p.workerPrivate = struct;
    p.vforkDone = struct.exited;
    // kthreadd's signals never change, so that its threads can inherit them when they are first asked for theirs
    if (parent !== k.kthreadd) forkSignals(p, parent);
    return 0;
  };
  return kernelClone(k.s, { name, kthread: true, fn, prepare });
}
