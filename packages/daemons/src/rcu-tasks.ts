import type { MaySleep } from '@kernel-model/sim';
import {
  Completion,
  HZ,
  TASK_IDLE,
  TASK_RUNNING,
  callRcu,
  completeNow,
  getTaskStruct,
  putTaskStruct,
  schedule,
  scheduleTimeoutIdle,
  setCurrentState,
  waitForCompletion,
  wakeUpProcess,
  type Scheduler,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadRun, type Kthreads } from '@kernel-model/kthread';

/** A task that a grace period waits for, with the count of its voluntary switches at the beginning. */
interface Holdout {
  readonly task: Task;
  readonly nvcsw: number;
}

/**
 * rcu_tasks_kthread or rcu_tasks_rude_kthread: a grace period is over when every task that was runnable at its beginning has
 * switched voluntarily, or been in user mode; of the rude kind, when every CPU has switched. Whoever changes the kernel's
 * own text waits for one, so that nobody is in what was there before.
 * @linux kernel/rcu/tasks.h
 */
export class RcuTasks {
  task: Task | null = null;
  /** Grace periods that have come to their end. */
  completed = 0;
  #callbacks: (() => void)[] = [];

  /**
   * @param name of the thread, without _kthread
   * @param rude waits until work has run on every CPU; null: for the tasks
   */
  constructor(
    readonly k: Kthreads,
    readonly name: string,
    readonly rude: (() => MaySleep<unknown>) | null = null,
  ) {}

  /** Start the thread. @linux kernel/rcu/tasks.h rcu_spawn_tasks_kthread_generic() */
  *start(): MaySleep<void> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, `${this.name}_kthread`);
    if (typeof p !== 'number') this.task = p;
  }

  /** Wait for a grace period. @linux kernel/rcu/tasks.h synchronize_rcu_tasks_generic() */
  *synchronize(): MaySleep<void> {
    const { s } = this.k;
    const done = new Completion(`a grace period of ${this.name}`);
    this.#callbacks.push(() => completeNow(s, done));
    if (this.task !== null) wakeUpProcess(s, this.task);
    yield* waitForCompletion(s, done);
  }

  /** A grace period for the callbacks that there are, again and again. @linux kernel/rcu/tasks.h rcu_tasks_kthread() */
  *#thread(): MaySleep<number> {
    const { s } = this.k;
    for (;;) {
      yield* this.#waitForCallbacks();
      const callbacks = this.#callbacks;
      this.#callbacks = [];
      yield* this.rude === null ? this.#waitGp() : this.rude();
      this.completed++;
      for (const callback of callbacks) callback();
      // not in a tight loop
      yield* scheduleTimeoutIdle(s, HZ / 10);
    }
  }

  *#waitForCallbacks(): MaySleep<void> {
    const { s } = this.k;
    const me = s.current;
    for (;;) {
      yield* setCurrentState(s, TASK_IDLE);
      if (this.#callbacks.length > 0) break;
      me.waitsFor = `${this.name} callbacks`;
      yield* schedule(s);
      me.waitsFor = '';
    }
    me.state = TASK_RUNNING;
  }

  /** @linux kernel/rcu/tasks.h rcu_tasks_wait_gp() */
  *#waitGp(): MaySleep<void> {
    const { s } = this.k;
    yield* synchronizeRcu(s);
    let holdouts: Holdout[] = [];
    for (const task of s.tasks.values()) {
      if (task !== s.current && isHoldout(task)) holdouts.push({ task: getTaskStruct(task), nvcsw: task.nvcsw });
    }
    for (let jiffies = HZ / 10; holdouts.length > 0; jiffies = Math.min(jiffies + 1, HZ)) {
      yield* scheduleTimeoutIdle(s, jiffies);
      const left = holdouts.filter(({ task, nvcsw }) => task.nvcsw === nvcsw && isHoldout(task));
      for (const holdout of holdouts) if (!left.includes(holdout)) putTaskStruct(s, holdout.task);
      holdouts = left;
    }
    yield* synchronizeRcu(s);
  }
}

/** Runnable, and not in user mode. @linux kernel/rcu/tasks.h rcu_tasks_is_holdout() */
function isHoldout(p: Task): boolean {
  return p.onRq !== 0 && !p.inUser;
}

/** @linux kernel/rcu/tree.c synchronize_rcu() */
function* synchronizeRcu(s: Scheduler): MaySleep<void> {
  const done = new Completion('synchronize_rcu');
  callRcu(s, function wakeme_after_rcu() {
    completeNow(s, done);
  });
  yield* waitForCompletion(s, done);
}
