// Keeping accounts of works from the marks of a trace: what was queued, what was taken back, what ran.

const QUEUES = /^(queue_work|queue_work_on|queue_delayed_work|kthread_queue_work|kthread_queue_delayed_work)$/;
/** They say whether the timer was changed: if not, they queued. */
const MODIFIES = /^(mod_delayed_work|kthread_mod_delayed_work)$/;
/** They say whether they took a pending work back. */
const CANCELS =
  /^(cancel_work|cancel_work_sync|cancel_delayed_work|cancel_delayed_work_sync|disable_work_sync|kthread_cancel_work_sync|kthread_cancel_delayed_work_sync)$/;

/** While these run, others cannot queue the work: what mod_delayed_work() says then is 0, too. */
const DISABLES = /_sync$/;

/** @returns by work: {queued, cancelled, ran}, and how many of `queued` may have been refused */
export function accounts(trace) {
  const books = new Map();
  const book = (work) => {
    if (!books.has(work)) books.set(work, { queued: 0, refused: 0, cancelled: 0, ran: 0, disabled: 0 });
    return books.get(work);
  };
  for (const [, actor, rest] of trace.matchAll(/tracing_mark_write: km (\S+) (.*)$/gm)) {
    const returned = /^< (\w+) (\S+) = (-?\d+)$/.exec(rest);
    if (rest === '> fn works') book(actor).ran++;
    const begun = /^> (\w+) (\S+)$/.exec(rest);
    if (begun !== null && DISABLES.test(begun[1])) book(begun[2]).disabled++;
    if (returned === null) continue;
    const [, call, work, result] = returned;
    if (DISABLES.test(call)) book(work).disabled--;
    if (MODIFIES.test(call) && result === '0' && book(work).disabled > 0) book(work).refused++;
    if (QUEUES.test(call)) book(work).queued += Number(result);
    else if (MODIFIES.test(call)) book(work).queued += 1 - Number(result);
    else if (CANCELS.test(call)) book(work).cancelled += Number(result);
  }
  return books;
}
