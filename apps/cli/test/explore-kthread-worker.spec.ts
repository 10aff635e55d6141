import { describe, expect, test } from '@jest/globals';
import { POINT, WRITE, type Chooser, type MaySleep, type Step } from '@kernel-model/sim';
import { Completion, NOTHING, completeNow, waitForCompletion } from '@kernel-model/scheduler';
import {
  KthreadDelayedWork,
  __kthreadCancelWork,
  __kthreadQueueDelayedWork,
  checkKthreadWorkers,
  kthreadCancelDelayedWorkSync,
  kthreadCancelDelayedWorkTimer,
  kthreadCreateWorkerOnCpu,
  kthreadModDelayedWork,
  kthreadQueueDelayedWork,
  kthreadWorkerWaits,
  type KthreadWorker,
  type KthreadWorkers,
} from '@kernel-model/kthread-worker';
import { explain, explore, replay, type Model, type Outcome } from '@kernel-model/explore';
import { Race } from './race.ts';

type Mod = (kw: KthreadWorkers, worker: KthreadWorker, dwork: KthreadDelayedWork, delay: number) => Step<boolean>;

/**
 * kthread_mod_delayed_work() as it was before the fix of June 2021 ("kthread: prevent deadlock when
 * kthread_mod_delayed_work() races with kthread_cancel_delayed_work_sync()"): it asks whether somebody cancels before it
 * lets go of the lock to stop the timer, and not when it has the lock again.
 */
function* unfixedMod(
  kw: KthreadWorkers,
  worker: KthreadWorker,
  dwork: KthreadDelayedWork,
  delay: number,
): Step<boolean> {
  const { work } = dwork;
  if (kw.s.sim.point(worker, 'lock', WRITE)) yield POINT;
  if (work.canceling !== 0) return false;
  yield* kthreadCancelDelayedWorkTimer(kw, dwork);
  const wasPending = __kthreadCancelWork(work);
  __kthreadQueueDelayedWork(kw, worker, dwork, delay, 'kthread_mod_delayed_work');
  return wasPending;
}

/** A work runs; one thread changes its delay and lets it end, another one cancels it. */
class ModAgainstCancel extends Race {
  readonly #gate = new Completion('gate');

  constructor(
    chooser: Chooser,
    readonly mod: Mod,
  ) {
    super(chooser);
    this.machine.sim.afterStep(() => checkKthreadWorkers(this.machine.kthreadWorkers));
  }

  protected *setUp(): MaySleep<void> {
    const { kthreadWorkers: kw, sched } = this.machine;
    const worker = yield* kthreadCreateWorkerOnCpu(kw, 0, 0, 'kw');
    if (typeof worker === 'number') throw new Error('no worker');
    let runs = 0;
    const once = (): MaySleep<void> => (runs++ === 0 ? waitForCompletion(sched, this.#gate) : NOTHING);
    const dwork = new KthreadDelayedWork(once, 'd');
    yield* kthreadQueueDelayedWork(kw, worker, dwork, 0);
    const { mod } = this;
    const gate = this.#gate;
    yield* this.racer('mod', 0, function* () {
      yield* mod(kw, worker, dwork, 1);
      completeNow(sched, gate);
    });
    yield* this.racer('cancel', 1, () => kthreadCancelDelayedWorkSync(kw, dwork));
  }

  protected outcome(left: number): Outcome {
    if (left === 0) return { kind: 'ok', message: '' };
    const waits = kthreadWorkerWaits(this.machine.kthreadWorkers);
    return { kind: 'hang', message: waits.map((wait) => `${wait.task.comm}: ${wait.call}: ${wait.why}`).join('; ') };
  }
}

const race = (mod: Mod): Model => ({ boot: (chooser) => new ModAgainstCancel(chooser, mod) });

/** Enough for the race, which needs two: mod loses the lock to cancel, and cancel to mod. */
const BOUND = 2;

describe('kthread_mod_delayed_work against kthread_cancel_delayed_work_sync', () => {
  test('as it was before 2021, the explorer finds the flush behind the timer that never returns', () => {
    const model = race(unfixedMod);
    const { failures } = explore(model, { bound: BOUND });
    expect(failures).toHaveLength(1);
    const [failure] = failures;
    expect(failure!.kind).toBe('hang');
    expect(failure!.message).toBe(
      'cancel: kthread_cancel_delayed_work_sync: the timer of d was pending when the flush came, so its item is on the list of delayed works of kw, from which nobody takes anything; the timer queues d alone',
    );
    expect(failure!.preemptions).toBeLessThanOrEqual(BOUND);
    expect(replay(model, failure!.schedule).outcome).toEqual({ kind: 'hang', message: failure!.message });
    expect(explain(model, failure!).text).toContain('hang');
  });

  test('as it is now, the same bound is exhausted, and nothing is found', () => {
    const { exhausted, failures, executions } = explore(race(kthreadModDelayedWork), { bound: BOUND });
    expect(failures).toEqual([]);
    expect(exhausted).toBe(true);
    expect(executions).toBeGreaterThan(100);
  });
});
