import {
  IRQ_HANDLER_ENTRY,
  IRQ_HANDLER_EXIT,
  isEvent,
  SOFTIRQ_ENTRY,
  SOFTIRQ_EXIT,
  SOFTIRQ_RAISE,
  WORKQUEUE_ACTIVATE_WORK,
  WORKQUEUE_EXECUTE_END,
  WORKQUEUE_EXECUTE_START,
  type TraceEvent,
} from '@kernel-model/trace';

/** The classes of items that perf kwork knows. */
export const KWORK_CLASSES = ['irq', 'softirq', 'workqueue'] as const;
/** One of {@link KWORK_CLASSES}. */
export type KworkClass = (typeof KWORK_CLASSES)[number];
/** What an event says about an item: it is to run, it begins, it has ended. */
export type KworkStep = 'raise' | 'entry' | 'exit';

/** An item that an event is about. */
export interface KworkItem {
  readonly class: KworkClass;
  readonly step: KworkStep;
  /** Number of the interrupt or softirq, or the address of the work. */
  readonly id: string;
  /** What perf prints; empty if the event does not say. */
  readonly name: string;
}

const LONGEST_NAME = 29;

/** What perf kwork makes of an event; null if it does not look at it. */
export function kworkItem(event: TraceEvent): KworkItem | null {
  if (isEvent(event, SOFTIRQ_RAISE)) return softirq(event, event.fields.vec, 'raise');
  if (isEvent(event, SOFTIRQ_ENTRY)) return softirq(event, event.fields.vec, 'entry');
  if (isEvent(event, SOFTIRQ_EXIT)) return softirq(event, event.fields.vec, 'exit');
  if (isEvent(event, IRQ_HANDLER_ENTRY)) return irq(event.fields.irq, 'entry', event.fields.name);
  if (isEvent(event, IRQ_HANDLER_EXIT)) return irq(event.fields.irq, 'exit', '');
  if (isEvent(event, WORKQUEUE_ACTIVATE_WORK)) return work(event.fields, 'raise');
  if (isEvent(event, WORKQUEUE_EXECUTE_START)) return work(event.fields, 'entry');
  if (isEvent(event, WORKQUEUE_EXECUTE_END)) return work(event.fields, 'exit');
  return null;
}

function irq(n: number, step: KworkStep, name: string): KworkItem {
  return { class: 'irq', step, id: String(n), name: name === '' ? '' : cut(`${name}:${n}`) };
}

function softirq(event: TraceEvent, vec: number, step: KworkStep): KworkItem {
  const [, action = String(vec)] = /action=(\w+)/.exec(event.text) ?? [];
  return { class: 'softirq', step, id: String(vec), name: `(s)${action}:${vec}` };
}

function work(fields: { readonly work: string; readonly function: string }, step: KworkStep): KworkItem {
  const id = fields.work.replace(/^0x/, '');
  // without symbols the function is an address, and perf shows that of the work instead
  const known = !fields.function.startsWith('0x');
  return { class: 'workqueue', step, id, name: cut(`(w)${known ? fields.function : `0x${id}`}`) };
}

function cut(name: string): string {
  return name.slice(0, LONGEST_NAME);
}
