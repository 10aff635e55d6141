import { describe, expect, test } from '@jest/globals';
import { POINT, WRITE, type Access, type Choice, type Chooser, type MaySleep, type Step } from '@kernel-model/sim';
import {
  Completion,
  NOTHING,
  completeNow,
  getTaskStruct,
  waitForCompletion,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import { isErr, kthreadBind, kthreadCreate } from '@kernel-model/kthread';
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
import { explain, explore, replay, type Model, type Outcome, type Run } from '@kernel-model/explore';
import { BootChooser, boot, type Machine } from '@kernel-model/machine';

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

/** Time passes when nothing is left to do: with any number of ticks after every step, no search would end. */
class TimeLast implements Chooser {
  constructor(readonly inner: Chooser) {}

  choose(choices: readonly Choice[]): number {
    const due = choices.filter((choice) => !choice.future);
    if (due.length === 0) return 0;
    const i = this.inner.choose(due);
    return i < 0 ? i : choices.indexOf(due[i]!);
  }

  access(access: Access, announced: boolean): void {
    this.inner.access(access, announced);
  }

  posted(from: number, to: number): void {
    this.inner.posted?.(from, to);
  }

  pick(name: string, n: number): number {
    return this.inner.pick(name, n);
  }
}

/** A work runs; one thread changes its delay and lets it end, another one cancels it. */
class Race implements Run {
  readonly #machine: Machine;
  readonly #chooser: BootChooser;
  #left = 2;
  #ready = false;
  #mod: Task | null = null;
  #cancel: Task | null = null;
  readonly #gate = new Completion('gate');

  constructor(
    chooser: Chooser,
    readonly mod: Mod,
  ) {
    this.#chooser = new BootChooser(new TimeLast(chooser));
    this.#machine = boot({ cpus: 2, chooser: this.#chooser });
    this.#machine.sim.afterStep(() => checkKthreadWorkers(this.#machine.kthreadWorkers));
    this.#machine.post(() => this.#setUp());
  }

  *#setUp(): MaySleep<void> {
    const kw = this.#machine.kthreadWorkers;
    const worker = yield* kthreadCreateWorkerOnCpu(kw, 0, 0, 'kw');
    if (typeof worker === 'number') throw new Error('no worker');
    let runs = 0;
    const once = (): MaySleep<void> => (runs++ === 0 ? waitForCompletion(this.#machine.sched, this.#gate) : NOTHING);
    const dwork = new KthreadDelayedWork(once, 'd');
    yield* kthreadQueueDelayedWork(kw, worker, dwork, 0);
    const { mod } = this;
    const gate = this.#gate;
    const { sched } = this.#machine;
    this.#mod = yield* this.#thread('mod', 0, function* () {
      yield* mod(kw, worker, dwork, 1);
      completeNow(sched, gate);
    });
    this.#cancel = yield* this.#thread('cancel', 1, function* () {
      yield* kthreadCancelDelayedWorkSync(kw, dwork);
    });
    this.#ready = true;
  }

  *#thread(name: string, cpu: number, fn: () => MaySleep<void>): MaySleep<Task> {
    const { kthreads } = this.#machine;
    const body = function* (this: Race): MaySleep<number> {
      yield* fn();
      this.#left--;
      return 0;
    };
    const p = yield* kthreadCreate(kthreads, () => body.call(this), null, name);
    if (isErr(p)) throw new Error('no thread');
    yield* kthreadBind(kthreads, p, cpu);
    return getTaskStruct(p);
  }

  run(): Outcome {
    const machine = this.#machine;
    const { sched } = machine;
    const settled = (): boolean => this.#ready && sched.rqs.every((rq) => rq.curr === rq.idle && !rq.ttwuPending);
    machine.run(settled);
    // from here on, every interleaving
    sched.cpus[0]!.interruptNow(() => void wakeUpProcess(sched, this.#mod!));
    sched.cpus[1]!.interruptNow(() => void wakeUpProcess(sched, this.#cancel!));
    this.#chooser.booted = true;
    const result = machine.run(() => this.#left === 0);
    if (result.kind === 'oops') return { kind: 'oops', message: result.error.message };
    if (this.#left === 0) return { kind: 'ok', message: '' };
    const waits = kthreadWorkerWaits(machine.kthreadWorkers);
    return { kind: 'hang', message: waits.map((wait) => `${wait.task.comm}: ${wait.call}: ${wait.why}`).join('; ') };
  }

  laneName(lane: number): string {
    return this.#machine.sim.laneName(lane);
  }
}

const race = (mod: Mod): Model => ({ boot: (chooser) => new Race(chooser, mod) });

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
