import type { MaySleep } from '@kernel-model/sim';
import {
  Completion,
  callRcu,
  completeNow,
  queueBalanceCallback,
  waitForCompletion,
  type Scheduler,
} from '@kernel-model/scheduler';
import {
  KthreadWork,
  kthreadCreateWorker,
  kthreadQueueWork,
  type KthreadWorker,
  type KthreadWorkers,
} from '@kernel-model/kthread-worker';

/** Grace periods in a hurry: CPUs are interrupted instead of waited for. @linux kernel/rcu/tree_exp.h */
export class ExpeditedRcu {
  readonly s: Scheduler;
  /** Runs them; null: the caller does. @linux kernel/rcu/tree.c rcu_exp_gp_kworker */
  worker: KthreadWorker | null = null;

  constructor(readonly kw: KthreadWorkers) {
    this.s = kw.s;
  }

  /** Start rcu_exp_par_gp_kthread_worker/0 and rcu_exp_gp_kthread_worker. @linux kernel/rcu/tree.c rcu_start_exp_gp_kworker() */
  *start(): MaySleep<void> {
    yield* kthreadCreateWorker(this.kw, 0, 'rcu_exp_par_gp_kthread_worker/0');
    const worker = yield* kthreadCreateWorker(this.kw, 0, 'rcu_exp_gp_kthread_worker');
    if (typeof worker !== 'number') this.worker = worker;
  }

  /** Wait until no CPU can be in a section that began before. @linux kernel/rcu/tree_exp.h synchronize_rcu_expedited() */
  *synchronize(): MaySleep<void> {
    const { s, kw, worker } = this;
    if (worker === null) {
      yield* this.#waitForCpus();
      return;
    }
    const done = new Completion('an expedited grace period');
    const work = new KthreadWork(() => this.#expGp(done), 'rcu_exp_gp');
    yield* kthreadQueueWork(kw, worker, work);
    yield* waitForCompletion(s, done);
  }

  /** Unlike Linux, where it is called wait_rcu_exp_gp: so that tools which know background works by rcu_ know this one. */
  *#expGp(done: Completion): MaySleep<void> {
    this.s.sim.charge(this.s.config.costs.call);
    yield* this.#waitForCpus();
    completeNow(this.s, done);
  }

  /** A CPU that runs kernel code is asked to switch; one that idles has nothing to wait for. @linux kernel/rcu/tree_exp.h sync_rcu_exp_select_cpus() */
  *#waitForCpus(): MaySleep<void> {
    const { s } = this;
    const done = new Completion('CPUs to pass through a context switch');
    let left = 0;
    for (const cpu of s.onlineMask) {
      const rq = s.rqs[cpu]!;
      if (cpu === s.cpu || rq.curr === rq.idle) continue;
      left++;
      const report = (): void => {
        if (--left === 0) completeNow(s, done);
      };
      s.cpus[cpu]!.callFunction(() => {
        if (rq.curr === rq.idle) return report();
        rq.curr.needResched = true;
        queueBalanceCallback(rq, report);
      }, 'rcu_exp_handler');
    }
    if (left > 0) yield* waitForCompletion(s, done);
  }
}

/** Readers may use their fast path. @linux kernel/rcu/sync.c */
const GP_IDLE = 0;
/** The first writer waits for a grace period. */
const GP_ENTER = 1;
/** There are writers. */
const GP_PASSED = 2;
/** The last writer has left, and a grace period runs until readers may use their fast path. */
const GP_EXIT = 3;
/** Writers have come and gone meanwhile: another one has to follow. */
const GP_REPLAY = 4;

/** Makes readers use their fast path when nobody writes: the first writer after a while waits for a grace period. @linux kernel/rcu/sync.c */
export class RcuSync {
  #state = GP_IDLE;
  #writers = 0;

  constructor(readonly exp: ExpeditedRcu) {}

  /** Only one at a time, as with CPU hotplug. @linux kernel/rcu/sync.c rcu_sync_enter() */
  *enter(): MaySleep<void> {
    const idle = this.#state === GP_IDLE;
    if (idle) this.#state = GP_ENTER;
    this.#writers++;
    if (!idle) return;
    yield* this.exp.synchronize();
    this.#func();
  }

  /** @linux kernel/rcu/sync.c rcu_sync_exit() */
  exit(): void {
    if (--this.#writers > 0) return;
    if (this.#state === GP_PASSED) this.#call();
    else if (this.#state === GP_EXIT) this.#state = GP_REPLAY;
  }

  /** A grace period is over. @linux kernel/rcu/sync.c rcu_sync_func() */
  #func(): void {
    if (this.#writers > 0) this.#state = GP_PASSED;
    else if (this.#state === GP_REPLAY) this.#call();
    else this.#state = GP_IDLE;
  }

  /** @linux kernel/rcu/sync.c rcu_sync_call() */
  #call(): void {
    this.#state = GP_EXIT;
    callRcu(this.exp.s, () => this.#func());
  }
}
