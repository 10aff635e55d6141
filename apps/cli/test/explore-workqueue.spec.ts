import { describe, expect, test } from '@jest/globals';
import type { Chooser, MaySleep } from '@kernel-model/sim';
import { Cell } from '@kernel-model/scheduler';
import {
  WORK_STRUCT_PENDING,
  WorkStruct,
  allocWorkqueue,
  checkWorkqueues,
  queueWorkOn,
  type WorkqueueStruct,
} from '@kernel-model/workqueue';
import { explain, explore, replay, type Model, type Outcome } from '@kernel-model/explore';
import { Race } from './race.ts';

/**
 * A work takes the event that it finds. A thread on another CPU leaves one and queues the work; if it is queued already,
 * so that queue_work() returns false, the run to come has to find what was left.
 */
class LostEvent extends Race {
  #found = 0;
  #queued: boolean | null = null;

  /** @param fixed false: as it was before 2016 */
  constructor(
    chooser: Chooser,
    readonly fixed: boolean,
  ) {
    super(chooser, { workqueues: true });
    this.machine.sim.afterStep(() => checkWorkqueues(this.machine.workqueues));
  }

  protected *setUp(): MaySleep<void> {
    const { workqueues, sim } = this.machine;
    const wq = (yield* allocWorkqueue(workqueues, 'wq', 0, 0)) as WorkqueueStruct;
    const event = new Cell(sim, 'event', 0);
    const work: WorkStruct = new WorkStruct(() => this.#takeEvent(work, event), 'take_event');
    yield* this.racer('queue', 0, () => this.#leaveEvent(wq, work, event));
  }

  *#leaveEvent(wq: WorkqueueStruct, work: WorkStruct, event: Cell<number>): MaySleep<void> {
    const { workqueues } = this.machine;
    yield* queueWorkOn(workqueues, 1, wq, work);
    yield* event.write(1);
    this.#queued = yield* queueWorkOn(workqueues, 1, wq, work);
  }

  *#takeEvent(work: WorkStruct, event: Cell<number>): MaySleep<void> {
    if (!this.fixed) this.#clearPendingWithoutBarrier(work);
    this.#found = yield* event.read();
  }

  /**
   * set_work_pool_and_clear_pending() as it was before the fix of April 2016 ("workqueue: fix ghost PENDING flag while
   * doing MQ IO"): a plain store, no barrier, and then the work's function. The worker has just cleared PENDING, in this
   * step, in which nobody could look: take that back, and let the store wait in the buffer.
   */
  #clearPendingWithoutBarrier(work: WorkStruct): void {
    const { sim } = this.machine;
    const clear = (): void => void (work.flags &= ~WORK_STRUCT_PENDING);
    work.flags |= WORK_STRUCT_PENDING;
    if (sim.buffered) sim.store(work, 'data', 0, clear);
    else clear();
  }

  protected override isOver(): boolean {
    return false;
  }

  protected outcome(left: number): Outcome {
    if (left > 0) return { kind: 'hang', message: 'queue_work() did not return' };
    if (this.#found === 1) return { kind: 'ok', message: '' };
    return { kind: 'violation', message: `event lost: queue_work() returned ${this.#queued}, and the work found none` };
  }

  objectName(object: object): string {
    if (object instanceof WorkStruct) return object.funcName;
    return object instanceof Cell ? 'cell' : object.constructor.name;
  }
}

const race = (fixed: boolean): Model => ({ boot: (chooser) => new LostEvent(chooser, fixed) });

describe('the event that comes with a work that is pending', () => {
  const dpor = { strategy: 'dpor' } as const;

  test('is lost without the barrier after PENDING is cleared: the load overtakes the store', () => {
    const model = race(false);
    const { failures } = explore(model, { ...dpor, memory: 'tso', shrinkExecutions: 100 });
    expect(failures).toMatchObject([
      { kind: 'violation', message: 'event lost: queue_work() returned false, and the work found none' },
    ]);
    expect(replay(model, failures[0]!.schedule).outcome.kind).toBe('violation');
    // the work looked before the event was there, and the thread before PENDING was gone
    const { late, text } = explain(model, failures[0]!);
    expect(late).toContainEqual(expect.objectContaining({ object: 'take_event', field: 'data' }));
    const steps = text.replace(/ +/g, ' ');
    expect(steps).toMatch(/cpu1 read cell.event\n[^]* store buffer of cpu0 write cell.event\n/);
    expect(steps).toMatch(/cpu0 write take_event.data\n[^]* store buffer of cpu1 write take_event.data\n/);
  });

  test('is not lost without it where stores are seen at once', () => {
    expect(explore(race(false), { ...dpor, memory: 'sc' })).toMatchObject({ complete: true, failures: [] });
  });

  test('is not lost with it: every interleaving is covered', () => {
    expect(explore(race(true), { ...dpor, memory: 'tso' })).toMatchObject({ complete: true, failures: [] });
  });
});
