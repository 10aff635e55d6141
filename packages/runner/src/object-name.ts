import { Cell, Completion, Mutex, Task, WaitQueueHead } from '@kernel-model/scheduler';

/** What an object of a machine is called in an explanation. */
export function objectName(object: object): string {
  if (object instanceof Task) return object.comm;
  if (
    object instanceof Cell ||
    object instanceof Completion ||
    object instanceof Mutex ||
    object instanceof WaitQueueHead
  )
    return object.name;
  // a variable of a scenario: its name is the field
  if (Object.getPrototypeOf(object) === Object.prototype) return 'var';
  return object.constructor.name;
}
