import type { MaySleep } from '@kernel-model/sim';
import {
  HZ,
  TASK_INTERRUPTIBLE,
  WaitQueueEntry,
  WaitQueueHead,
  busy,
  finishWait,
  modTimer,
  prepareToWait,
  schedule,
  timerDeleteSync,
  timerSetup,
  waitEvent,
  wakeUpAll,
  wakeUpProcess,
  type Task,
  type TimerList,
} from '@kernel-model/scheduler';
import { kthreadRun, type Kthreads } from '@kernel-model/kthread';
import { setFreezable, tryToFreeze } from '@kernel-model/signals';
import { PF_MEMALLOC_NOFS } from '@kernel-model/mm';

/** Age at which a transaction is committed, in s. @linux fs/jbd2/journal.c JBD2_DEFAULT_MAX_COMMIT_AGE */
export const JBD2_DEFAULT_MAX_COMMIT_AGE = 5;
/** Time that a commit takes: blocks, barrier, commit record, in us. */
const COMMIT_US = 2000;

/** jbd2/DEVICE: commits what a filesystem has changed, every 5 s or when somebody asks. @linux fs/jbd2/journal.c kjournald2() */
export class Jbd2Journal {
  task: Task | null = null;
  /** The last transaction that is on disk, and the last one that has to be. */
  commitSequence = 0;
  commitRequest = 0;
  /** Handles of the transaction that is open; 0: none is. */
  handles = 0;
  readonly #waitCommit: WaitQueueHead;
  readonly #waitDone: WaitQueueHead;
  readonly #timer: TimerList;
  #runningTid = 1;
  #expires = 0;
  #unmount = false;

  constructor(
    readonly k: Kthreads,
    readonly device: string,
  ) {
    this.#waitCommit = new WaitQueueHead(`a commit request for ${device}`);
    this.#waitDone = new WaitQueueHead(`the commit of ${device}`);
    this.#timer = timerSetup(k.s, () => {
      if (this.task !== null) wakeUpProcess(k.s, this.task);
    });
  }

  /** Start the thread. @returns 0 or a negative errno @linux fs/jbd2/journal.c jbd2_journal_start_thread() */
  *start(): MaySleep<number> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, `jbd2/${this.device}`);
    if (typeof p === 'number') return p;
    this.task = p;
    return 0;
  }

  /** Change something in the running transaction; the first change of one starts its clock. @returns its number @linux fs/jbd2/transaction.c jbd2_journal_start() */
  change(): number {
    const { s } = this.k;
    if (this.handles++ === 0) {
      this.#expires = s.jiffies + JBD2_DEFAULT_MAX_COMMIT_AGE * HZ;
      modTimer(s, this.#timer, this.#expires);
    }
    return this.#runningTid;
  }

  /** Wait until all that was changed up to now is on disk. @linux fs/jbd2/journal.c jbd2_journal_force_commit() */
  *forceCommit(): MaySleep<void> {
    if (this.handles > 0) yield* this.logWaitCommit(this.#runningTid);
    else yield* this.logWaitCommit(this.commitRequest);
  }

  /** Ask for a commit of a transaction. @linux fs/jbd2/journal.c jbd2_log_start_commit() */
  *logStartCommit(tid: number): MaySleep<void> {
    if (tid <= this.commitRequest || tid !== this.#runningTid) return;
    this.commitRequest = tid;
    yield* wakeUpAll(this.k.s, this.#waitCommit);
  }

  /** Wait until a transaction is on disk. @linux fs/jbd2/journal.c jbd2_log_wait_commit() */
  *logWaitCommit(tid: number): MaySleep<void> {
    yield* this.logStartCommit(tid);
    yield* waitEvent(this.k.s, this.#waitDone, () => this.commitSequence >= tid);
  }

  /** The filesystem goes: commit what is open and end the thread. @linux fs/jbd2/journal.c journal_kill_thread() */
  *unmount(): MaySleep<void> {
    yield* this.forceCommit();
    this.#unmount = true;
    yield* wakeUpAll(this.k.s, this.#waitCommit);
    yield* waitEvent(this.k.s, this.#waitDone, () => this.task === null);
  }

  /** @linux fs/jbd2/journal.c kjournald2() */
  *#thread(): MaySleep<number> {
    const { s, signals } = this.k;
    yield* setFreezable(signals);
    // what it allocates must not come back to the filesystem
    s.current.flags |= PF_MEMALLOC_NOFS;
    while (!this.#unmount) {
      if (this.commitSequence !== this.commitRequest) {
        yield* this.#commit();
        continue;
      }
      if (!(yield* tryToFreeze(signals))) yield* this.#sleep();
      if (this.handles > 0 && s.jiffies >= this.#expires) this.commitRequest = this.#runningTid;
    }
    timerDeleteSync(s, this.#timer);
    this.task = null;
    yield* wakeUpAll(s, this.#waitDone);
    return 0;
  }

  *#sleep(): MaySleep<void> {
    const { s } = this.k;
    const entry = new WaitQueueEntry(s.current);
    yield* prepareToWait(s, this.#waitCommit, entry, TASK_INTERRUPTIBLE);
    const expired = this.handles > 0 && s.jiffies >= this.#expires;
    if (this.commitSequence === this.commitRequest && !expired && !this.#unmount) {
      s.current.waitsFor = this.#waitCommit.name;
      yield* schedule(s);
      s.current.waitsFor = '';
    }
    yield* finishWait(s, this.#waitCommit, entry);
  }

  /** @linux fs/jbd2/commit.c jbd2_journal_commit_transaction() */
  *#commit(): MaySleep<void> {
    const { s } = this.k;
    timerDeleteSync(s, this.#timer);
    const tid = this.commitRequest;
    // new changes go to the next one
    this.handles = 0;
    this.#runningTid = tid + 1;
    yield* busy(s, COMMIT_US);
    this.commitSequence = tid;
    yield* wakeUpAll(s, this.#waitDone);
  }
}
