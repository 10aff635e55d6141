import { WRITE, type MaySleep } from '@kernel-model/sim';
import { completeNow, mutexLock, mutexUnlock, waitForCompletion } from '@kernel-model/scheduler';
import { WORK_NR_COLORS } from './constants.ts';
import { currentWqWorker } from './current.ts';
import { checkFlushDependency } from './flush-work.ts';
import { mustExist, warn } from './misuse.ts';
import type { Workqueues } from './workqueues.ts';
import { WqFlusher, type WorkqueueStruct } from './workqueue-struct.ts';

/** The colour after this one. @linux kernel/workqueue.c work_next_color() */
export function workNextColor(color: number): number {
  return (color + 1) % WORK_NR_COLORS;
}

/**
 * Wait until everything has run that is on the queue now: running, queued, or inactive. Not for timers, and not for
 * what is queued later.
 *
 * Each flush takes the colour that new works get, and waits until no work of it is left; up to 15 do so at once, later
 * ones share the next colour.
 * @linux include/linux/workqueue.h flush_workqueue()
 */
export function flushWorkqueue(w: Workqueues, wq: WorkqueueStruct): MaySleep<void> {
  mustExist(w, wq, 'flush_workqueue');
  warnSystemWide(w, wq);
  return __flushWorkqueue(w, wq);
}

/** {@link flushWorkqueue} without a look at whose queue it is. @linux kernel/workqueue.c __flush_workqueue() */
export function* __flushWorkqueue(w: Workqueues, wq: WorkqueueStruct): MaySleep<void> {
  const { s } = w;
  if (!w.online) {
    warn(w, `flush_workqueue: ${wq.name}: there are no workers yet`);
    return;
  }
  const own = currentWqWorker(w)?.currentPwq?.wq === wq ? ', from one of its own works: for ever' : '';
  const flusher = new WqFlusher(`flush_workqueue of ${wq.name}${own}`);
  yield* mutexLock(s, wq.mutex);
  const next = workNextColor(wq.workColor);
  if (next !== wq.flushColor) {
    flusher.flushColor = wq.workColor;
    wq.workColor = next;
    if (wq.firstFlusher === null) {
      wq.firstFlusher = flusher;
      if (!armPwqs(w, wq, wq.flushColor, wq.workColor)) {
        wq.flushColor = next;
        wq.firstFlusher = null;
        yield* mutexUnlock(s, wq.mutex);
        return;
      }
    } else {
      wq.flusherQueue.push(flusher);
      armPwqs(w, wq, -1, wq.workColor);
    }
  } else {
    wq.flusherOverflow.push(flusher);
  }
  checkFlushDependency(w, wq, '0x0', false);
  yield* mutexUnlock(s, wq.mutex);
  yield* waitForCompletion(s, flusher.done);
  if (wq.firstFlusher !== flusher) return;
  yield* mutexLock(s, wq.mutex);
  if (wq.firstFlusher === flusher) cascade(w, wq);
  yield* mutexUnlock(s, wq.mutex);
}

/** The first flusher is done: let the others of its colour go, and see to the next colours. */
function cascade(w: Workqueues, wq: WorkqueueStruct): void {
  wq.firstFlusher = null;
  const { flusherQueue, flusherOverflow } = wq;
  for (;;) {
    while (flusherQueue.length > 0 && flusherQueue[0]!.flushColor === wq.flushColor) {
      completeNow(w.s, flusherQueue.shift()!.done);
    }
    wq.flushColor = workNextColor(wq.flushColor);
    if (flusherOverflow.length > 0) {
      // a colour is free again: it is for all of them
      for (const late of flusherOverflow) late.flushColor = wq.workColor;
      wq.workColor = workNextColor(wq.workColor);
      flusherQueue.push(...flusherOverflow);
      flusherOverflow.length = 0;
      armPwqs(w, wq, -1, wq.workColor);
    }
    const next = flusherQueue.shift();
    if (next === undefined) return;
    wq.firstFlusher = next;
    if (armPwqs(w, wq, wq.flushColor, -1)) return;
    // nothing of its colour was left: it has been let go
    wq.firstFlusher = null;
  }
}

/**
 * Wait for one colour, give new works another.
 * @param flushColor -1: wait for none
 * @param workColor -1: keep it
 * @returns whether there is anything to wait for
 * @linux kernel/workqueue.c flush_workqueue_prep_pwqs()
 */
function armPwqs(w: Workqueues, wq: WorkqueueStruct, flushColor: number, workColor: number): boolean {
  let wait = false;
  if (flushColor >= 0) wq.nrPwqsToFlush = 1;
  for (const pwq of wq.pwqs) {
    w.s.sim.touch(pwq.pool, 'lock', WRITE);
    if (flushColor >= 0 && pwq.nrInFlight[flushColor]! > 0) {
      pwq.flushColor = flushColor;
      wq.nrPwqsToFlush++;
      wait = true;
    }
    if (workColor >= 0) pwq.workColor = workColor;
  }
  if (flushColor >= 0 && --wq.nrPwqsToFlush === 0) completeNow(w.s, wq.firstFlusher!.done);
  return wait;
}

/** Flushing one of the system's own queues waits for everybody. @linux include/linux/workqueue.h flush_workqueue() */
function warnSystemWide(w: Workqueues, wq: WorkqueueStruct): void {
  if (
    wq === w.systemWq ||
    wq === w.systemHighpriWq ||
    wq === w.systemLongWq ||
    wq === w.systemUnboundWq ||
    wq === w.systemFreezableWq ||
    wq === w.systemPowerEfficientWq ||
    wq === w.systemFreezablePowerEfficientWq
  ) {
    w.s.reports.printk('err', 'WARNING: Flushing system-wide workqueues will be prohibited in near future.');
  }
}
