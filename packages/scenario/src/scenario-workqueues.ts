import { UsageError, type MaySleep } from '@kernel-model/sim';
import { ENOMEM, msecsToJiffies } from '@kernel-model/scheduler';
import {
  DelayedWork,
  WQ_BH,
  WQ_CPU_INTENSIVE,
  WQ_FREEZABLE,
  WQ_HIGHPRI,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  WorkStruct,
  __WQ_ORDERED,
  type WorkqueueStruct,
} from '@kernel-model/workqueue';
import type { Kernel } from '@kernel-model/machine';
import type { CallStatement, Scenario } from './program.ts';

/** What the flags of a declaration mean; ORDERED keeps the order if max_active is 1, as alloc_ordered_workqueue() has it. */
const FLAGS: Readonly<Record<string, number>> = {
  WQ_BH,
  WQ_UNBOUND,
  WQ_FREEZABLE,
  WQ_MEM_RECLAIM,
  WQ_HIGHPRI,
  WQ_CPU_INTENSIVE,
  ORDERED: WQ_UNBOUND | __WQ_ORDERED,
};

/** The workqueues and their works in a scenario, and the calls that use them. */
export class ScenarioWorkqueues {
  readonly #scenario: Scenario;
  readonly #k: Kernel;
  readonly #queues = new Map<string, WorkqueueStruct>();
  readonly #works = new Map<string, WorkStruct>();
  readonly #delayed = new Map<string, DelayedWork>();

  /** @param run runs the function of a work, as that work */
  constructor(scenario: Scenario, k: Kernel, run: (fn: string, work: string) => MaySleep<number>) {
    this.#scenario = scenario;
    this.#k = k;
    for (const [name, work] of scenario.works) {
      if (work.kind === 'work') {
        this.#works.set(name, new WorkStruct(() => run(work.fn, name), work.fn));
      } else if (work.kind === 'delayed') {
        const dwork = new DelayedWork(() => run(work.fn, name), work.fn);
        this.#delayed.set(name, dwork);
        this.#works.set(name, dwork.work);
      }
    }
  }

  /** Make a call. @returns what its mark says; null if the call is not about workqueues */
  *perform(st: CallStatement): MaySleep<number | null> {
    const k = this.#k;
    const a = st.args;
    const jiffies = (i: number): number => msecsToJiffies(a[i] as number);
    switch (st.call) {
      case 'alloc_workqueue':
        return yield* this.#alloc(a[0] as string);
      case 'queue_work':
        return Number(yield* k.queueWork(this.#queue(st, 0), this.#work(a[1])));
      case 'queue_work_on':
        return Number(yield* k.queueWorkOn(a[0] as number, this.#queue(st, 1), this.#work(a[2])));
      case 'queue_delayed_work':
        return Number(yield* k.queueDelayedWork(this.#queue(st, 0), this.#dwork(a[1]), jiffies(2)));
      case 'queue_delayed_work_on':
        return Number(yield* k.queueDelayedWorkOn(a[0] as number, this.#queue(st, 1), this.#dwork(a[2]), jiffies(3)));
      case 'mod_delayed_work':
        return Number(yield* k.modDelayedWork(this.#queue(st, 0), this.#dwork(a[1]), jiffies(2)));
      case 'flush_work':
        return Number(yield* k.flushWork(this.#work(a[0])));
      case 'flush_delayed_work':
        return Number(yield* k.flushDelayedWork(this.#dwork(a[0])));
      case 'flush_workqueue':
        yield* k.flushWorkqueue(this.#queue(st, 0));
        return 0;
      case 'drain_workqueue':
        yield* k.drainWorkqueue(this.#queue(st, 0));
        return 0;
      case 'cancel_work':
        return Number(yield* k.cancelWork(this.#work(a[0])));
      case 'cancel_work_sync':
        return Number(yield* k.cancelWorkSync(this.#work(a[0])));
      case 'cancel_delayed_work':
        return Number(yield* k.cancelDelayedWork(this.#dwork(a[0])));
      case 'cancel_delayed_work_sync':
        return Number(yield* k.cancelDelayedWorkSync(this.#dwork(a[0])));
      case 'disable_work_sync':
        return Number(yield* k.disableWorkSync(this.#work(a[0])));
      case 'enable_work':
        return Number(yield* k.enableWork(this.#work(a[0])));
      case 'work_busy':
        return yield* k.workBusy(this.#work(a[0]));
      case 'destroy_workqueue':
        yield* k.destroyWorkqueue(this.#queue(st, 0));
        return 0;
      default:
        return null;
    }
  }

  /** @returns 0 or -ENOMEM */
  *#alloc(name: string): MaySleep<number> {
    const { flags, maxActive } = this.#scenario.workqueues.get(name)!;
    let bits = 0;
    for (const flag of flags) bits |= FLAGS[flag]!;
    const q = yield* this.#k.allocWorkqueue(name, bits, maxActive);
    if (q === null) return -ENOMEM;
    this.#queues.set(name, q);
    return 0;
  }

  #work(name: unknown): WorkStruct {
    return this.#works.get(name as string)!;
  }

  #dwork(name: unknown): DelayedWork {
    return this.#delayed.get(name as string)!;
  }

  /** @throws UsageError NO_SUCH_WORKQUEUE: in the kernel, a NULL pointer */
  #queue(st: CallStatement, i: number): WorkqueueStruct {
    const name = st.args[i] as string;
    const q = this.#queues.get(name);
    if (q !== undefined) return q;
    throw new UsageError('NO_SUCH_WORKQUEUE', {
      what: `${this.#scenario.file}:${st.line}:${st.column}: ${st.call}: the workqueue ${name} has not been allocated.`,
      linux: 'BUG: kernel NULL pointer dereference',
    });
  }
}
