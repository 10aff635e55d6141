// Searching interleavings: two threads of a few steps, and the lost wakeup of the textbook.
import { explore, tasksModel } from '@kernel-model/explore';
import { timed } from '../measure.mjs';

/** Two threads of a few steps, every schedule. @param count executions */
export function twoCounters(count, unit) {
  const model = tasksModel({
    shared: (world) => ({ count: world.cell('count', 0) }),
    tasks: {
      *a({ count }) {
        yield* add(count, 3);
      },
      *b({ count }) {
        yield* add(count, 3);
      },
    },
  });
  return timed(count, (executions) => {
    let done = 0;
    for (let left = executions; left > 0;) {
      const found = explore(model, { bound: Infinity, maxExecutions: Math.min(left, 30_000) });
      left -= found.executions;
      done += found[unit];
    }
    return done;
  });
}

function* add(cell, times) {
  for (let i = 0; i < times; i++) yield* cell.write((yield* cell.read()) + 1);
}

/** One thread waits, the other wakes it. @param careful the state first, then the test; the other way round a wakeup is lost */
const waiting = (careful) =>
  tasksModel({
    shared: (world) => ({ ready: world.cell('ready', false) }),
    tasks: {
      *waiter({ ready }, world) {
        if (careful) yield* world.prepareToSleep();
        if (yield* ready.read()) return;
        if (!careful) yield* world.prepareToSleep();
        yield* world.sleep();
      },
      *waker({ ready }, world) {
        yield* ready.write(true);
        yield* world.wake('waiter');
      },
    },
  });

/** Search the correct program over and over: nothing stops a search early. @param count executions */
export function wakeupNotLost(count) {
  const model = waiting(true);
  return timed(count, (executions) => {
    let done = 0;
    while (done < executions) done += explore(model, { bound: Infinity }).executions;
    return done;
  });
}

/** Executions until the lost wakeup is found. */
export function wakeupLost() {
  const { executions, failures } = explore(waiting(false), { shrinkExecutions: 0 });
  if (failures.length === 0) throw new Error('the lost wakeup was not found');
  return { value: executions };
}
