import { kthreadWorkPending, type KthreadWork } from './kthread-worker.ts';

/** Put a work that is on no list before `at`; before the head is the tail. @linux include/linux/list.h list_add_tail() */
export function listAddBefore(at: KthreadWork, work: KthreadWork): void {
  const { prev } = at;
  work.prev = prev;
  work.next = at;
  prev.next = work;
  at.prev = work;
}

/** Take a work off its list. @linux include/linux/list.h list_del_init() */
export function listDel(work: KthreadWork): void {
  const { prev, next } = work;
  prev.next = next;
  next.prev = prev;
  work.prev = work.next = work;
}

/** Is nothing on the list? @linux include/linux/list.h list_empty() */
export function listEmpty(head: KthreadWork): boolean {
  return !kthreadWorkPending(head);
}

/** The works of a list from its first on: for checks and reports. */
export function* worksOf(head: KthreadWork): Generator<KthreadWork, void, void> {
  for (let work = head.next; work !== head; work = work.next) yield work;
}
