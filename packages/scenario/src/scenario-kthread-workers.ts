import { UsageError, type MaySleep } from '@kernel-model/sim';
import { msecsToJiffies } from '@kernel-model/scheduler';
import { KthreadDelayedWork, KthreadWork, type KthreadWorker } from '@kernel-model/kthread-worker';
import type { Kernel } from '@kernel-model/machine';
import type { CallStatement, Scenario } from './program.ts';

/** The kthread workers and their works in a scenario, and the calls that use them. */
export class ScenarioKthreadWorkers {
  readonly #scenario: Scenario;
  readonly #k: Kernel;
  readonly #workers = new Map<string, KthreadWorker>();
  readonly #works = new Map<string, KthreadWork>();
  readonly #delayed = new Map<string, KthreadDelayedWork>();

  /** @param run runs the function of a work, as that work */
  constructor(scenario: Scenario, k: Kernel, run: (fn: string, work: string) => MaySleep<number>) {
    this.#scenario = scenario;
    this.#k = k;
    for (const [name, work] of scenario.works) {
      const func = (): MaySleep<void> => withoutResult(run(work.fn, name));
      if (work.kind === 'kthread') {
        this.#works.set(name, new KthreadWork(func, work.fn, name));
      } else if (work.kind === 'kthread_delayed') {
        const dwork = new KthreadDelayedWork(func, work.fn, name);
        this.#delayed.set(name, dwork);
        this.#works.set(name, dwork.work);
      }
    }
  }

  /** Make a call. @returns what its mark says; null if the call is not about kthread workers */
  *perform(st: CallStatement): MaySleep<number | null> {
    const k = this.#k;
    const a = st.args;
    const jiffies = (i: number): number => msecsToJiffies(a[i] as number);
    switch (st.call) {
      case 'kthread_create_worker':
        return this.#keep(a[0] as string, yield* k.kthreadCreateWorker(0, a[0] as string));
      case 'kthread_create_worker_on_cpu':
        return this.#keep(a[0] as string, yield* k.kthreadCreateWorkerOnCpu(a[1] as number, 0, a[0] as string));
      case 'kthread_queue_work':
        return Number(yield* k.kthreadQueueWork(this.#worker(st), this.#work(a[1])));
      case 'kthread_queue_delayed_work':
        return Number(yield* k.kthreadQueueDelayedWork(this.#worker(st), this.#dwork(a[1]), jiffies(2)));
      case 'kthread_mod_delayed_work':
        return Number(yield* k.kthreadModDelayedWork(this.#worker(st), this.#dwork(a[1]), jiffies(2)));
      case 'kthread_flush_work':
        yield* k.kthreadFlushWork(this.#work(a[0]));
        return 0;
      case 'kthread_flush_worker':
        yield* k.kthreadFlushWorker(this.#worker(st));
        return 0;
      case 'kthread_cancel_work_sync':
        return Number(yield* k.kthreadCancelWorkSync(this.#work(a[0])));
      case 'kthread_cancel_delayed_work_sync':
        return Number(yield* k.kthreadCancelDelayedWorkSync(this.#dwork(a[0])));
      case 'kthread_destroy_worker':
        yield* k.kthreadDestroyWorker(this.#worker(st));
        return 0;
      default:
        return null;
    }
  }

  /** Remember a new worker. @returns 0 or the error */
  #keep(name: string, worker: KthreadWorker | number): number {
    if (typeof worker === 'number') return worker;
    this.#workers.set(name, worker);
    return 0;
  }

  #work(name: unknown): KthreadWork {
    return this.#works.get(name as string)!;
  }

  #dwork(name: unknown): KthreadDelayedWork {
    return this.#delayed.get(name as string)!;
  }

  /** @throws UsageError NO_SUCH_KTHREAD_WORKER: in the kernel, a NULL pointer */
  #worker(st: CallStatement): KthreadWorker {
    const name = st.args[0] as string;
    const worker = this.#workers.get(name);
    if (worker !== undefined) return worker;
    throw new UsageError('NO_SUCH_KTHREAD_WORKER', {
      what: `${this.#scenario.file}:${st.line}:${st.column}: ${st.call}: the worker ${name} has not been created.`,
      linux: 'BUG: kernel NULL pointer dereference',
    });
  }
}

function* withoutResult(body: MaySleep<number>): MaySleep<void> {
  yield* body;
}
