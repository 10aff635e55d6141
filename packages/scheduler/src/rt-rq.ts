import { MAX_RT_PRIO } from './constants.ts';
import type { Task } from './task.ts';

/**
 * The RT tasks of a CPU: a list per priority, and those that could be pushed away. Pure queues; what they mean for other
 * CPUs is up to rt.ts. Links live in `task.rt`.
 * @linux kernel/sched/sched.h struct rt_rq
 */
export class RtRq {
  /** Queued RT tasks, the running one included. */
  rtNrRunning = 0;
  /** Of those, the SCHED_RR ones. */
  rrNrRunning = 0;
  /** The tasks are counted in rq.nrRunning. */
  queued = false;
  /** Best priority queued; 99 if there is none. */
  highestCurr: number = MAX_RT_PRIO - 1;
  /** Best priority of the pushable tasks; 99 if there is none. */
  highestNext: number = MAX_RT_PRIO - 1;
  /** Has pushable tasks, and told the root domain. */
  overloaded = false;
  /** The pushable tasks: best priority first, then first come. */
  pushHead: Task | null = null;
  readonly #heads: (Task | null)[] = new Array<Task | null>(MAX_RT_PRIO).fill(null);
  readonly #tails: (Task | null)[] = new Array<Task | null>(MAX_RT_PRIO).fill(null);
  /** A bit for each priority whose list is not empty. */
  readonly #bitmap: Uint32Array = new Uint32Array(4);

  /** Put a task into the list of its priority. */
  add(p: Task, head: boolean): void {
    const prio = p.prio;
    const rt = p.rt;
    const other = head ? this.#heads[prio]! : this.#tails[prio]!;
    rt.next = head ? other : null;
    rt.prev = head ? null : other;
    if (other !== null && head) other.rt.prev = p;
    else if (other !== null) other.rt.next = p;
    if (other === null || head) this.#heads[prio] = p;
    if (other === null || !head) this.#tails[prio] = p;
    this.#bitmap[prio >> 5]! |= 1 << (prio & 31);
    rt.onList = true;
  }

  /** Take a task out of the list of its priority. */
  remove(p: Task): void {
    const prio = p.prio;
    const rt = p.rt;
    if (rt.prev === null) this.#heads[prio] = rt.next;
    else rt.prev.rt.next = rt.next;
    if (rt.next === null) this.#tails[prio] = rt.prev;
    else rt.next.rt.prev = rt.prev;
    rt.next = rt.prev = null;
    rt.onList = false;
    if (this.#heads[prio] === null) this.#bitmap[prio >> 5]! &= ~(1 << (prio & 31));
  }

  /** Move a queued task to an end of its list. @linux kernel/sched/rt.c requeue_rt_entity() */
  requeue(p: Task, head: boolean): void {
    if (!p.rt.onRq) return;
    this.remove(p);
    this.add(p, head);
  }

  /** Is it the only task of its priority? */
  isAlone(p: Task): boolean {
    return p.rt.next === null && p.rt.prev === null;
  }

  /** Best priority that has a task in its list; 100 if none has. @linux kernel/sched/sched.h sched_find_first_bit() */
  firstPrio(): number {
    for (let i = 0; i < 4; i++) {
      const word = this.#bitmap[i]!;
      if (word !== 0) return i * 32 + 31 - Math.clz32(word & -word);
    }
    return MAX_RT_PRIO;
  }

  /** First task of a priority, 0 .. 99, or null. */
  head(prio: number): Task | null {
    return this.#heads[prio]!;
  }

  /** The task to run next; at least one must be queued. @linux kernel/sched/rt.c pick_next_rt_entity() */
  first(): Task {
    return this.#heads[this.firstPrio()] as Task;
  }

  /** Tasks in order, best first. For printing and for checks. */
  *[Symbol.iterator](): Generator<Task, void, void> {
    for (let prio = 0; prio < MAX_RT_PRIO; prio++) {
      for (let p: Task | null = this.#heads[prio]!; p !== null; p = p.rt.next) yield p;
    }
  }

  /** Add a task to the pushable ones, behind those of its priority; if it is there already it is queued anew. */
  pushableAdd(p: Task): void {
    this.#pushableUnlink(p);
    let before: Task | null = null;
    let after = this.pushHead;
    while (after !== null && after.prio <= p.prio) {
      before = after;
      after = after.rt.pushNext;
    }
    p.rt.pushPrev = before;
    p.rt.pushNext = after;
    if (before === null) this.pushHead = p;
    else before.rt.pushNext = p;
    if (after !== null) after.rt.pushPrev = p;
    p.rt.pushable = true;
    this.highestNext = this.pushHead!.prio;
  }

  /** Take a task, pushable or not, out of the pushable ones. */
  pushableRemove(p: Task): void {
    this.#pushableUnlink(p);
    this.highestNext = this.pushHead === null ? MAX_RT_PRIO - 1 : this.pushHead.prio;
  }

  #pushableUnlink(p: Task): void {
    const rt = p.rt;
    if (!rt.pushable) return;
    if (rt.pushPrev === null) this.pushHead = rt.pushNext;
    else rt.pushPrev.rt.pushNext = rt.pushNext;
    if (rt.pushNext !== null) rt.pushNext.rt.pushPrev = rt.pushPrev;
    rt.pushNext = rt.pushPrev = null;
    rt.pushable = false;
  }
}
