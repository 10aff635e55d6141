import { describe, expect, test } from '@jest/globals';
import { PF_EXITING, TASK_RUNNING, TASK_WAKING, type Task } from '@kernel-model/scheduler';
import { toKthread } from '@kernel-model/kthread';
import { checkMachine, world, type World } from '../src/index.ts';

/** A world with a hog on its only CPU, another one that waits for it, and a sleeper. */
function busyWorld(): { w: World; running: Task; waiting: Task; sleeping: Task } {
  const w = world({ cpus: 1 });
  const sleeping = w.create('sleeping', function* () {});
  const waiting = w.create('waiting', (k) => k.busy(9000));
  const running = w.kthread('running', (k) => k.busy(9000));
  w.runFor(1);
  w.wake(waiting);
  expect(w.s.rqs[0]!.curr).toBe(running);
  checkMachine(w.machine);
  return { w, running, waiting, sleeping };
}

describe('the check of a machine finds', () => {
  const damage: [string, string, (x: ReturnType<typeof busyWorld>) => void][] = [
    ['RQ_CURR', 'a second task that is marked as running', ({ waiting }) => (waiting.onCpu = true)],
    ['RQ_CURR', 'a running task that is not', ({ running }) => (running.onCpu = false)],
    ['RQ_NR_RUNNING', 'a wrong count of the queue', ({ w }) => w.s.rqs[0]!.nrRunning++],
    ['CFS_RQ', 'a wrong count of runnable fair tasks', ({ w }) => w.s.rqs[0]!.cfs.hNrRunnable--],
    ['CFS_RQ', 'a wrong sum of weights', ({ w }) => (w.s.rqs[0]!.cfs.loadWeight += 1)],
    ['CFS_TIMELINE', 'a wrong sum of weights of the timeline', ({ w }) => (w.s.rqs[0]!.cfs.avgLoad += 1)],
    ['CFS_TIMELINE', 'a wrong average', ({ w }) => (w.s.rqs[0]!.cfs.avgVruntime += 1)],
    ['CFS_TIMELINE', 'a wrong least vruntime', ({ waiting }) => waiting.se.minVruntime--],
    ['NR_UNINTERRUPTIBLE', 'a wrong count of uninterruptible sleepers', ({ w }) => w.s.rqs[0]!.nrUninterruptible++],
    ['TASK_STATE', 'a runnable task on no queue (INV-SCHED-01)', ({ sleeping }) => (sleeping.state = TASK_RUNNING)],
    ['TASK_STATE', 'a wakeup that nobody will finish (INV-SCHED-14)', ({ sleeping }) => (sleeping.state = TASK_WAKING)],
    ['TASK_STATE', 'a priority of another class (INV-SCHED-03)', ({ sleeping }) => (sleeping.prio = 50)],
    [
      'CPUS_ALLOWED',
      'a task queued where it may not be (INV-SCHED-27)',
      ({ w, waiting }) => (waiting.cpusPtr = w.s.possibleMask.andNot(w.s.possibleMask)),
    ],
    [
      'KTHREAD_STRUCT',
      'a kernel thread without struct kthread (INV-K06)',
      ({ sleeping }) => (sleeping.workerPrivate = null),
    ],
    [
      'KTHREAD_EXITED',
      'an exit that was told too early (INV-K07)',
      ({ sleeping }) => toKthread(sleeping)!.exited.done++,
    ],
    [
      'KTHREAD_EXITED',
      'an exit that was told twice (INV-K07)',
      ({ sleeping }) => {
        sleeping.flags |= PF_EXITING;
        sleeping.vforkDone = null;
        toKthread(sleeping)!.exited.done = 2;
      },
    ],
  ];
  test.each(damage)('%s: %s', (invariant, _, breakIt) => {
    const world1 = busyWorld();
    breakIt(world1);
    expect(() => checkMachine(world1.w.machine)).toThrow(expect.objectContaining({ invariant }));
  });
});
