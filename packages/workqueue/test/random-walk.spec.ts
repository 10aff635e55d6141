import { describe, expect, test } from '@jest/globals';
import { busy } from '@kernel-model/scheduler';
import { RandomStream, type Access, type Choice, type Chooser, type MaySleep } from '@kernel-model/sim';
import {
  DelayedWork,
  WQ_BH,
  WQ_CPU_INTENSIVE,
  WQ_HIGHPRI,
  WQ_MEM_RECLAIM,
  WQ_UNBOUND,
  allocOrderedWorkqueue,
  cancelDelayedWork,
  cancelDelayedWorkSync,
  destroyWorkqueue,
  disableDelayedWorkSync,
  drainWorkqueue,
  enableDelayedWork,
  flushDelayedWork,
  flushWork,
  flushWorkqueue,
  modDelayedWork,
  queueDelayedWork,
  queueWork,
  queueWorkOn,
  workPending,
  workqueueSetMaxActive,
  type WorkqueueStruct,
} from '../src/index.ts';
import { World } from './world.ts';

/** Chooses at random what happens next. */
class RandomChooser implements Chooser {
  readonly random: RandomStream;
  constructor(seed: number) {
    this.random = new RandomStream(seed, 'chooser');
  }
  choose(choices: readonly Choice[]): number {
    const due = choices.filter((choice) => !choice.future).length;
    // time passes when nothing else can happen
    return this.random.below(due === 0 ? choices.length : due);
  }
  access(_access: Access, _announced: boolean): void {}
  pick(_name: string, n: number): number {
    return this.random.below(n);
  }
}

/**
 * Three threads queue, change, cancel, flush at random; works sleep, burn and queue each other. Every counter is
 * recounted after every step.
 * @returns a fingerprint of the run
 */
function walk(seed: number, explored: boolean): string {
  const random = new RandomStream(seed, 'walk');
  const m = new World(explored ? { chooser: new RandomChooser(seed) } : { cpus: 3 });
  const end = m.run(function* () {
    const queues: WorkqueueStruct[] = [
      yield* m.wq('bound', 0, 2),
      yield* m.wq('one', WQ_MEM_RECLAIM, 1),
      yield* m.wq('hi', WQ_HIGHPRI),
      yield* m.wq('hot', WQ_CPU_INTENSIVE),
      yield* m.wq('unbound', WQ_UNBOUND, 2),
      (yield* allocOrderedWorkqueue(m.w, 'ordered', 0))!,
    ];
    const bh = yield* m.wq('bh', WQ_BH);
    // a work of one queue only never runs twice at once; the others may
    const oneQueueEach = seed % 2 === 0;
    const any = (i: number): WorkqueueStruct => queues[oneQueueEach ? i : random.below(queues.length)]!;
    const works: DelayedWork[] = [];
    for (let i = 0; i < 6; i++) {
      works.push(
        new DelayedWork(function* () {
          const what = random.below(4);
          if (what === 0) yield* m.sleep(1);
          else if (what === 1) yield* busy(m.s, 50 * random.below(100));
          else if (what === 2) {
            const other = random.below(6);
            yield* queueWork(m.w, any(other), works[other]!.work);
          }
        }, `w${i}`),
      );
    }
    const soft = m.work('soft');
    const actor = function* (): MaySleep<void> {
      for (let n = 0; n < 40; n++) {
        const i = random.below(6);
        const dwork = works[i]!;
        const { work } = dwork;
        switch (random.below(14)) {
          case 0:
          case 1:
            yield* queueWork(m.w, any(i), work);
            break;
          case 2:
            yield* queueWorkOn(m.w, random.below(2), any(i), work);
            break;
          case 3:
            yield* queueDelayedWork(m.w, any(i), dwork, random.below(4));
            break;
          case 4:
            yield* modDelayedWork(m.w, any(i), dwork, random.below(4));
            break;
          case 5:
            yield* cancelDelayedWork(m.w, dwork);
            break;
          case 6:
            yield* cancelDelayedWorkSync(m.w, dwork);
            break;
          case 7:
            yield* disableDelayedWorkSync(m.w, dwork);
            yield* enableDelayedWork(m.w, dwork);
            break;
          case 8:
            yield* flushWork(m.w, work);
            break;
          case 9:
            yield* flushDelayedWork(m.w, dwork);
            break;
          case 10:
            yield* flushWorkqueue(m.w, any(i));
            break;
          case 11:
            yield* workqueueSetMaxActive(m.w, queues[random.below(5)]!, 1 + random.below(4));
            break;
          case 12:
            yield* queueWork(m.w, bh, soft);
            break;
          default:
            yield* m.sleep(random.below(8));
        }
      }
      m.notes.push('done');
    };
    for (const name of ['x', 'y', 'z']) yield* m.spawn(name, actor);
    while (m.notes.length < 3) yield* m.sleep(10);
    for (const dwork of works) yield* disableDelayedWorkSync(m.w, dwork);
    yield* drainWorkqueue(m.w, bh);
    for (const wq of [...queues, bh]) yield* destroyWorkqueue(m.w, wq);
    expect(works.some((dwork) => workPending(dwork.work))).toBe(false);
    yield* m.sleep(100);
    expect(queues.every((wq) => wq.freed)).toBe(true);
  }, 100_000);
  expect(end).toBe('done');
  if (seed % 2 === 0) expectNoOverlap(m.runs);
  const starts = m.log.filter((e) => e.startsWith('start')).length;
  expect(m.log.filter((e) => e.startsWith('end'))).toHaveLength(starts);
  expect(m.dmesg).toEqual([]);
  return `${m.sim.now} ${random.below(1 << 20)} ${m.log.join()}`;
}

/** No work starts before its last run has ended. */
function expectNoOverlap(runs: readonly string[]): void {
  const running = new Set<string>();
  for (const e of runs) {
    const [verb, name] = e.split(' ') as [string, string];
    expect(running.has(name)).toBe(verb === 'end');
    if (verb === 'start') running.add(name);
    else running.delete(name);
  }
}

describe('a random walk keeps every invariant, and repeats itself', () => {
  for (let seed = 1; seed <= 25; seed++) {
    test(`timed, seed ${seed}`, () => {
      expect(walk(seed, false)).toBe(walk(seed, false));
    });
  }
  for (let seed = 1; seed <= 15; seed++) {
    test(`explored, seed ${seed}`, () => {
      expect(walk(seed, true)).toBe(walk(seed, true));
    });
  }
});
