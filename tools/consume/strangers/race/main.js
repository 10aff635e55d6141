// Only the race engine, on plain generator tasks: two people book the last seat.
import assert from 'node:assert/strict';
import { explain, explore, replay, tasksModel } from '@kernel-model/explore';

/** Looks for a free seat and takes it: in two steps, or in one. @param {boolean} atomic */
function booking(atomic) {
  return tasksModel({
    shared: (world) => ({ seats: world.cell('seats', 1), sold: world.cell('sold', 0) }),
    tasks: {
      ann: ({ seats, sold }) => book(seats, sold),
      bob: ({ seats, sold }) => book(seats, sold),
    },
    check: ({ sold }) => (sold.value > 1 ? 'the seat was sold twice' : null),
  });

  /**
   * @param {import('@kernel-model/explore').Cell<number>} seats
   * @param {import('@kernel-model/explore').Cell<number>} sold
   */
  function* book(seats, sold) {
    const before = atomic ? yield* seats.update((n) => Math.max(0, n - 1)) : yield* seats.read();
    if (before === 0) return;
    if (!atomic) yield* seats.write(before - 1);
    yield* sold.update((n) => n + 1);
  }
}

const model = booking(false);
const [failure] = explore(model).failures;
assert.ok(failure);
assert.match(failure.message, /sold twice/);
assert.match(explain(model, failure).text, /ann has to wait|bob has to wait/);
assert.equal(replay(model, failure.schedule).outcome.message, failure.message);

const { complete, failures } = explore(booking(true));
assert.deepEqual({ complete, failures }, { complete: true, failures: [] });
console.log('ok');
