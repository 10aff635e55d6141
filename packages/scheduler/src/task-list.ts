import type { Task } from './task.ts';

/** A queue of waiting tasks, linked through the tasks: a task waits in one such queue at a time. */
export class TaskList {
  first: Task | null = null;
  #last: Task | null = null;

  /** Is the task in this queue? */
  has(p: Task): boolean {
    return p.waitList === this;
  }

  /** Queue a task that waits nowhere. */
  append(p: Task): void {
    p.waitList = this;
    p.waitPrev = this.#last;
    p.waitNext = null;
    if (this.#last === null) this.first = p;
    else this.#last.waitNext = p;
    this.#last = p;
  }

  /** Take out a task that waits here. */
  remove(p: Task): void {
    if (p.waitPrev === null) this.first = p.waitNext;
    else p.waitPrev.waitNext = p.waitNext;
    if (p.waitNext === null) this.#last = p.waitPrev;
    else p.waitNext.waitPrev = p.waitPrev;
    p.waitList = p.waitNext = p.waitPrev = null;
  }

  /** The tasks, first come first: for reports. */
  *[Symbol.iterator](): Generator<Task, void, void> {
    for (let p = this.first; p !== null; p = p.waitNext) yield p;
  }
}
