// Threads that wake each other, or sleep and wake up: what a context switch costs.
import { boot } from '@kernel-model/machine';
import {
  TASK_INTERRUPTIBLE,
  schedule,
  scheduleTimeoutInterruptible,
  setCurrentState,
  wakeUpProcess,
} from '@kernel-model/scheduler';
import { measure, nextPause } from '../measure.mjs';

/** A thread that wakes its partner and sleeps, for ever. @param pair both, once they exist @param other which is the partner */
const pingPongBody = (s, pair, other) =>
  function* () {
    for (;;) {
      wakeUpProcess(s, pair[other]);
      yield* setCurrentState(s, TASK_INTERRUPTIBLE);
      yield* schedule(s);
    }
  };

/** Two threads that wake each other, on one CPU. @param count switches @param prepare attaches a listener */
export function pingPong(count, prepare = () => {}) {
  const m = boot({ cpus: 1 });
  const s = m.sched;
  const pair = [];
  m.post(function* () {
    pair.push(yield* m.kernel.kthreadCreate(pingPongBody(s, pair, 1), null, 'ping'));
    pair.push(yield* m.kernel.kthreadCreate(pingPongBody(s, pair, 0), null, 'pong'));
    yield* m.kernel.wakeUpProcess(pair[0]);
  });
  prepare(m);
  return measure(m, count);
}

/** Pairs of threads that wake each other, one pair a CPU, bound. */
export function pairs(count, cpus) {
  const m = boot({ cpus });
  startPairs(m, cpus);
  return measure(m, count);
}

export function startPairs(m, cpus) {
  const s = m.sched;
  m.post(function* () {
    for (let cpu = 0; cpu < cpus; cpu++) {
      const pair = [];
      for (const i of [0, 1]) {
        pair.push(yield* m.kernel.kthreadCreate(pingPongBody(s, pair, 1 - i), null, `pair/${cpu}`));
        yield* m.kernel.kthreadBind(pair[i], cpu);
      }
      yield* m.kernel.wakeUpProcess(pair[0]);
    }
  });
}

/** A thread that wakes 32 others, which sleep again, once a tick, on 4 CPUs. @param count wakeups */
export function wakeups(count) {
  const m = boot({ cpus: 4 });
  const s = m.sched;
  let woken = 0;
  m.post(function* () {
    const sleepers = [];
    for (let i = 0; i < 32; i++) sleepers.push(yield* m.kernel.kthreadRun(sleepForEver(s), null, `sleeper/${i}`));
    yield* m.kernel.kthreadRun(
      function* () {
        for (;;) {
          for (const task of sleepers) woken += wakeUpProcess(s, task);
          yield* scheduleTimeoutInterruptible(s, 1);
        }
      },
      null,
      'waker',
    );
  });
  return measure(m, count, () => woken);
}

const sleepForEver = (s) =>
  function* () {
    for (;;) {
      yield* setCurrentState(s, TASK_INTERRUPTIBLE);
      yield* schedule(s);
    }
  };

/** Threads that sleep for 1 to 16 ticks and wake up again. @param count switches */
export function sleepers(count, tasks, cpus) {
  const m = boot({ cpus });
  startSleepers(m, tasks);
  return measure(m, count);
}

/** The same, where what counts is how often a thread goes on: the unit that a simulator without CPUs has too. */
export function processes(count, tasks) {
  const m = boot({ cpus: 4 });
  const state = startSleepers(m, tasks);
  return measure(m, count, () => state.resumed);
}

/** @returns how many sleeps are over, counted as it goes on @throws if so many threads can't be made */
export function startSleepers(m, tasks) {
  const s = m.sched;
  const state = { started: 0, resumed: 0 };
  m.post(function* () {
    for (let i = 0; i < tasks; i++) {
      const task = yield* m.kernel.kthreadRun(
        function* () {
          for (let pause = i; ; pause = nextPause(pause)) {
            yield* scheduleTimeoutInterruptible(s, 1 + pause);
            state.resumed++;
          }
        },
        null,
        `sleeper/${i}`,
      );
      if (typeof task === 'number') throw new Error(`thread ${i}: errno ${-task}`);
      state.started++;
    }
  });
  m.run(() => state.started === tasks);
  return state;
}
