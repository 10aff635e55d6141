import { SchedDlEntity } from './sched-entity.ts';
import { MAX_BW } from './dl-bw.ts';

/**
 * The deadline entities of a CPU, the earliest deadline first, and the tasks that could be pushed away. Pure queues;
 * what they mean for other CPUs is up to dl-queue.ts. Links live in the entities; there are few of them, so that a
 * sorted list will do. Equal deadlines keep the order in which they came.
 * @linux kernel/sched/sched.h struct dl_rq
 */
export class DlRq {
  /** Earliest deadline; null when nothing is queued. */
  first: SchedDlEntity | null = null;
  /** Queued entities: tasks and the fair server. */
  dlNrRunning = 0;
  /** Deadline in ns of the first entity; 0 when nothing is queued. */
  earliestCurr = 0;
  /** Deadline in ns of the first pushable task; meaningful while there is one. */
  earliestNext = 0;
  /** The pushable tasks. */
  pushHead: SchedDlEntity | null = null;
  /** Has pushable tasks, and told the root domain. */
  overloaded = false;
  /** Bandwidth of entities that compete now or have not reached their 0-lag time, in 2^-20. */
  runningBw = 0;
  /** Bandwidth of all entities of this CPU, blocked ones too, in 2^-20. */
  thisBw = 0;
  // for reclaiming (GRUB), in 2^-20
  /** What is not reserved anywhere, a CPU's share. */
  extraBw: number = MAX_BW;
  maxBw: number = MAX_BW;
  /** Gives fair tasks their share when nothing else lets them run. */
  readonly fairServer: SchedDlEntity = new SchedDlEntity(null);

  /** Queue an entity behind those with the same deadline. */
  insert(se: SchedDlEntity): void {
    let before: SchedDlEntity | null = null;
    let after = this.first;
    while (after !== null && after.deadline <= se.deadline) {
      before = after;
      after = after.next;
    }
    se.prev = before;
    se.next = after;
    if (before === null) this.first = se;
    else before.next = se;
    if (after !== null) after.prev = se;
    se.onDlRq = true;
  }

  /** Take out a queued entity. */
  remove(se: SchedDlEntity): void {
    if (se.prev === null) this.first = se.next;
    else se.prev.next = se.next;
    if (se.next !== null) se.next.prev = se.prev;
    se.next = se.prev = null;
    se.onDlRq = false;
  }

  /** Add the entity of a task to the pushable ones. */
  pushableAdd(se: SchedDlEntity): void {
    let before: SchedDlEntity | null = null;
    let after = this.pushHead;
    while (after !== null && after.deadline <= se.deadline) {
      before = after;
      after = after.pushNext;
    }
    se.pushPrev = before;
    se.pushNext = after;
    if (before === null) this.pushHead = se;
    else before.pushNext = se;
    if (after !== null) after.pushPrev = se;
    se.pushable = true;
    this.earliestNext = this.pushHead!.deadline;
  }

  /** Take the entity of a task, pushable or not, out of the pushable ones. */
  pushableRemove(se: SchedDlEntity): void {
    if (!se.pushable) return;
    if (se.pushPrev === null) this.pushHead = se.pushNext;
    else se.pushPrev.pushNext = se.pushNext;
    if (se.pushNext !== null) se.pushNext.pushPrev = se.pushPrev;
    se.pushNext = se.pushPrev = null;
    se.pushable = false;
    if (this.pushHead !== null) this.earliestNext = this.pushHead.deadline;
  }

  /** The entities in order. For printing and for checks. */
  *[Symbol.iterator](): Generator<SchedDlEntity, void, void> {
    for (let se = this.first; se !== null; se = se.next) yield se;
  }
}
