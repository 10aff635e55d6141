// The lost wakeup of loads/races.mjs as promises under fast-check's scheduler: the same steps, and it picks their order.
import fc from 'fast-check';
import { timedAsync } from '../measure.mjs';

/** Searches of which each finds the lost wakeup. */
const SEARCHES = 200;

/** One thread waits, the other wakes it. @param careful as in loads/races.mjs */
const waiting = (careful) =>
  fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const step = () => scheduler.schedule(Promise.resolve());
    let ready = false;
    let asleep = false;
    let over = false;
    let wake = () => {};
    const prepareToSleep = async () => {
      await step();
      asleep = true;
    };
    const isReady = async () => {
      await step();
      return ready;
    };
    const waiter = async () => {
      if (careful) await prepareToSleep();
      if (!(await isReady())) {
        if (!careful) await prepareToSleep();
        await step();
        if (asleep) await new Promise((resolve) => void (wake = resolve));
      }
      over = true;
    };
    const waker = async () => {
      await step();
      ready = true;
      await step();
      asleep = false;
      wake();
    };
    void waiter();
    void waker();
    await scheduler.waitIdle();
    if (!over) throw new Error('waiter sleeps and nobody is left to wake it');
  });

/** @param count executions of the correct program */
export function wakeupNotLost(count) {
  return timedAsync(count, async (numRuns) => {
    const { failed } = await fc.check(waiting(true), { numRuns, seed: 1 });
    if (failed) throw new Error('a wakeup was lost');
  });
}

/** Executions until the lost wakeup is found: the mean of many seeds. */
export async function wakeupLost() {
  let executions = 0;
  for (let seed = 1; seed <= SEARCHES; seed++) {
    const { failed, numRuns } = await fc.check(waiting(false), { numRuns: 1000, seed, endOnFailure: true });
    if (!failed) throw new Error(`seed ${seed} did not find the lost wakeup`);
    executions += numRuns;
  }
  return { value: executions / SEARCHES };
}
