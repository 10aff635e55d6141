import { describe, expect, test } from '@jest/globals';
import { RandomStream, Sim, type Choice, type Chooser, type MaySleep } from '@kernel-model/sim';
import {
  TASK_IDLE,
  createScheduler,
  kernelClone,
  msleep,
  schedConfig,
  schedule,
  startCpus,
  type Task,
} from '@kernel-model/scheduler';
import { Signals, forkSignals } from '@kernel-model/signals';
import { TraceHub } from '@kernel-model/trace';
import {
  Kthreads,
  checkKthreads,
  kernelThread,
  kthreadCreate,
  kthreadPark,
  kthreadParkme,
  kthreadRun,
  kthreadShouldPark,
  kthreadShouldStop,
  kthreadShouldStopOrPark,
  kthreadStop,
  kthreadUnpark,
  kthreadd,
} from '../src/index.ts';

/** Of all that can happen next, one at random; time passes when nothing else can. */
class AnyOrder implements Chooser {
  readonly #random: RandomStream;
  constructor(seed: number) {
    this.#random = new RandomStream(seed, 'order');
  }
  choose(choices: readonly Choice[]): number {
    const due = choices.filter((choice) => !choice.future).length;
    return this.#random.below(due === 0 ? choices.length : due);
  }
  access(): void {}
  pick(_name: string, n: number): number {
    return this.#random.below(n);
  }
}

/** Run a body as a task of an explored machine of two CPUs, to its end. */
function explored(seed: number, body: (k: Kthreads) => MaySleep<void>): void {
  const sim = new Sim({ chooser: new AnyOrder(seed) });
  const s = createScheduler(sim, new TraceHub(sim), schedConfig(sim, { nrCpus: 2 }));
  const k = new Kthreads(s, new Signals(s));
  let done = false;
  s.cpu = 0;
  const boot = s.current;
  finish(
    kernelClone(s, {
      name: 'main',
      kthread: false,
      *fn(): MaySleep<never> {
        yield* body(k);
        done = true;
        for (;;) yield* msleep(s, 1000);
      },
      prepare: (p) => {
        forkSignals(p, boot);
        return 0;
      },
    }),
  );
  k.kthreadd = finish(kernelThread(k, () => kthreadd(k), 'kthreadd')) as Task;
  s.cpu = -1;
  sim.afterStep(() => checkKthreads(k));
  startCpus(s);
  sim.run(() => done, 1_000_000_000);
  expect(done).toBe(true);
}

function finish<T>(call: MaySleep<T>): T {
  const it = call[Symbol.iterator]();
  for (let r = it.next(); ; r = it.next()) if (r.done === true) return r.value;
}

describe.each([1, 2, 3, 4, 5])('in whatever order the CPUs act (%i),', (seed) => {
  test('a thread sees that it is to park and to stop, and its last word reaches who stopped it', () => {
    explored(seed, function* (k) {
      const answers: string[] = [];
      const p = (yield* kthreadRun(
        k,
        function* () {
          answers.push('runs');
          while (!(yield* kthreadShouldStop(k))) {
            if (yield* kthreadShouldPark(k)) {
              answers.push(`parks ${yield* kthreadShouldStopOrPark(k)}`);
              yield* kthreadParkme(k);
              answers.push(`goes on ${yield* kthreadShouldPark(k)}`);
              continue;
            }
            k.s.current.state = TASK_IDLE;
            if (!(yield* kthreadShouldStopOrPark(k))) yield* schedule(k.s);
            k.s.current.state = 0;
          }
          answers.push(`stops ${yield* kthreadShouldStopOrPark(k)}`);
          return 42;
        },
        null,
        'worker',
      )) as Task;
      // before its first instruction it would park without a word
      while (answers.length === 0) yield* msleep(k.s, 4);
      expect(yield* kthreadPark(k, p)).toBe(0);
      yield* kthreadUnpark(k, p);
      expect(yield* kthreadStop(k, p)).toBe(42);
      expect(answers.filter((line) => line !== 'goes on false')).toEqual(['runs', 'parks true', 'stops true']);
    });
  });

  test('a thread that is stopped before its first instruction never runs its function', () => {
    explored(seed, function* (k) {
      let ran = false;
      const p = (yield* kthreadCreate(
        k,
        function* () {
          ran = true;
          return 0;
        },
        null,
        'never',
      )) as Task;
      expect([yield* kthreadStop(k, p), ran]).toEqual([-4, false]);
    });
  });
});
