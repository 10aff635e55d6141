import { describe, expect, test } from '@jest/globals';
import {
  DO_ATTACH,
  DO_DETACH,
  attachTaskLoadAvg,
  detachTaskLoadAvg,
  initEntityRunnableAverage,
  migrateSePeltLag,
  postInitEntityUtilAvg,
  removeEntityLoadAvg,
  taskUtilEst,
  updateCfsRqLoadAvg,
  updateLoadAvg,
  updateRtRqLoadAvg,
  utilEstDequeue,
  utilEstEnqueue,
  utilEstUpdate,
} from './pelt.ts';
import { Cpumask } from './cpumask.ts';
import { CfsRq, type Rq } from './rq.ts';
import { SchedAvg, type SchedEntity } from './sched-entity.ts';
import { Task } from './task.ts';
import type { SchedClass } from './sched-class.ts';

const PERIOD = 1024 * 1024;
const TICK = 4_000_000;

interface Box {
  cfs: CfsRq;
  clock: number;
  avgRt: SchedAvg;
  cpu: number;
  curr: Task | null;
  idle: Task | null;
  sched: { sim: { now: number } };
}

function box(): { rq: Rq; fake: Box } {
  const fake: Box = {
    cfs: new CfsRq(),
    clock: 0,
    avgRt: new SchedAvg(),
    cpu: 0,
    curr: null,
    idle: null,
    sched: { sim: { now: 0 } },
  };
  return { rq: fake as unknown as Rq, fake };
}

function task(rq: Rq, className: SchedClass['name'] = 'fair'): Task {
  const p = new Task(1, 't', 0, null, Cpumask.of(0), rq);
  p.schedClass = { name: className } as SchedClass;
  initEntityRunnableAverage(p.se);
  return p;
}

function enqueue(rq: Rq, se: SchedEntity): void {
  updateLoadAvg(rq, se, DO_ATTACH);
  rq.cfs.loadWeight += se.load.weight;
  rq.cfs.hNrRunnable++;
  se.onRq = true;
}

/** A task that runs alone from 0 on, its load counted from nothing. */
function runner(): { rq: Rq; fake: Box; p: Task } {
  const { rq, fake } = box();
  const p = task(rq);
  p.se.avg.loadAvg = 0;
  enqueue(rq, p.se);
  rq.cfs.curr = p.se;
  return { rq, fake, p };
}

function at(rq: Rq, ns: number): Rq {
  (rq as unknown as Box).clock = ns;
  (rq as unknown as Box).sched.sim.now = ns;
  return rq;
}

describe('PELT', () => {
  test.each([
    [1, 21],
    [4, 85],
    [8, 162],
    [16, 299],
    [32, 512],
    [64, 768],
    [128, 960],
  ])('always running for %i periods gives utilisation %i', (periods, util) => {
    const { rq, p } = runner();
    updateLoadAvg(at(rq, periods * PERIOD), p.se, 0);
    expect(p.se.avg.utilAvg).toBe(util);
    expect(rq.cfs.avg.utilAvg).toBe(util);
  });

  test('utilisation at the ticks of a hog', () => {
    const { rq, p } = runner();
    const seen: number[] = [];
    for (let i = 1; i <= 8; i++) {
      updateLoadAvg(at(rq, i * TICK), p.se, 0);
      seen.push(p.se.avg.utilAvg);
    }
    expect(seen).toEqual([81, 156, 224, 288, 346, 400, 449, 495]);
  });

  test('a hog saturates at the capacity', () => {
    const { rq, p } = runner();
    for (let i = 1; i <= 1000; i++) {
      updateLoadAvg(at(rq, i * TICK + i * 137), p.se, 0);
      expect(p.se.avg.utilAvg).toBeLessThanOrEqual(1024);
    }
    expect(p.se.avg.utilAvg).toBeGreaterThanOrEqual(1023);
  });

  test.each([
    [4, 938],
    [8, 860],
    [16, 723],
    [32, 511],
    [64, 255],
    [128, 63],
    [2017, 0],
  ])('after %i idle periods %i of 1023 is left', (periods, util) => {
    const { rq } = box();
    const p = task(rq);
    p.se.avg.utilAvg = 1023;
    updateLoadAvg(rq, p.se, DO_ATTACH);
    updateLoadAvg(at(rq, periods * PERIOD), p.se, 0);
    expect(p.se.avg.utilAvg).toBe(util);
    expect(rq.cfs.avg.utilAvg).toBe(util);
  });

  test('agrees with 64-bit arithmetic on queues of heavy tasks and odd times', () => {
    const { rq, p } = runner();
    rq.cfs.loadWeight = 30 * 88761;
    rq.cfs.hNrRunnable = 30;
    rq.cfs.avg.loadSum = 0;
    const model = { last: 0n, contrib: 0n, load: 0n, runnable: 0n, util: 0n };
    let now = 0;
    for (let i = 1; i < 400; i++) {
      now += (i * 7919 * 131) % 50_000_000;
      updateLoadAvg(at(rq, now), p.se, 0);
      reference(model, BigInt(now), 30n * 88761n, 30n);
      expect(BigInt(rq.cfs.avg.loadSum)).toBe(model.load);
      expect(BigInt(rq.cfs.avg.runnableSum)).toBe(model.runnable);
      expect(BigInt(rq.cfs.avg.utilSum)).toBe(model.util);
    }
  });

  test('less than a unit of time changes nothing, less than a period only the sums', () => {
    const { rq, p } = runner();
    updateLoadAvg(at(rq, 1023), p.se, 0);
    expect(p.se.avg.utilSum).toBe(0);
    updateLoadAvg(at(rq, 5000), p.se, 0);
    expect(p.se.avg.utilSum).toBe(4 * 1024);
    expect(p.se.avg.utilAvg).toBe(0);
    expect(p.se.avg.lastUpdateTime).toBe(4096);
  });

  test('a delayed task counts as load, not as runnable', () => {
    const { rq, p } = runner();
    p.se.schedDelayed = true;
    rq.cfs.hNrRunnable = 0;
    rq.cfs.curr = null;
    updateLoadAvg(at(rq, 32 * PERIOD), p.se, 0);
    expect(p.se.avg.loadAvg).toBe(512);
    expect(p.se.avg.runnableAvg).toBe(0);
    expect(rq.cfs.avg.loadAvg).toBe(512);
    expect(rq.cfs.avg.runnableAvg).toBe(0);
  });
});

describe('load that comes and goes', () => {
  test('a new task brings its whole weight and half of the utilisation that is left', () => {
    const { rq } = box();
    const p = task(rq);
    postInitEntityUtilAvg(p);
    expect(p.se.avg.utilAvg).toBe(512);
    enqueue(rq, p.se);
    expect(rq.cfs.avg.loadAvg).toBe(1024);
    expect(rq.cfs.avg.utilAvg).toBe(512);
    const q = task(rq);
    postInitEntityUtilAvg(q);
    expect(q.se.avg.utilAvg).toBe(256);
  });

  test('enqueueing at time 0 twice attaches once', () => {
    const { rq } = box();
    const p = task(rq);
    enqueue(rq, p.se);
    updateLoadAvg(rq, p.se, DO_ATTACH);
    expect(rq.cfs.avg.loadAvg).toBe(1024);
  });

  test('a migration takes the load along', () => {
    const src = box().rq;
    const dst = box().rq;
    const p = task(src);
    enqueue(src, p.se);
    updateLoadAvg(at(src, 10 * TICK), p.se, DO_DETACH);
    const { loadAvg, utilAvg } = p.se.avg;
    expect(src.cfs.avg.loadAvg).toBe(0);
    expect(loadAvg).toBeGreaterThan(1000);
    p.se.avg.lastUpdateTime = -1;
    updateLoadAvg(at(dst, 10 * TICK), p.se, DO_ATTACH);
    expect(dst.cfs.avg.loadAvg).toBe(loadAvg);
    expect(dst.cfs.avg.utilAvg).toBe(utilAvg);
  });

  test('what leaves while asleep goes at the next update', () => {
    const { rq, p } = runner();
    updateLoadAvg(at(rq, 64 * PERIOD), p.se, 0);
    p.se.onRq = false;
    rq.cfs.loadWeight = rq.cfs.hNrRunnable = 0;
    rq.cfs.curr = null;
    removeEntityLoadAvg(p);
    expect(rq.cfs.avg.utilAvg).toBe(768);
    updateCfsRqLoadAvg(65 * PERIOD, rq.cfs);
    expect(rq.cfs.avg.utilAvg).toBe(0);
    expect(rq.cfs.avg.loadAvg).toBe(0);
  });

  test('a task that leaves an idle CPU has decayed up to now', () => {
    const { rq, fake, p } = runner();
    updateLoadAvg(at(rq, 64 * PERIOD), p.se, 0);
    p.se.onRq = false;
    fake.curr = fake.idle = task(rq, 'idle');
    at(rq, 96 * PERIOD);
    removeEntityLoadAvg(p);
    migrateSePeltLag(p);
    expect(p.se.avg.utilAvg).toBe(384);
    expect(rq.cfs.removedUtil).toBe(768);
  });

  test('leaving and rejoining the class', () => {
    const { rq, p } = runner();
    updateLoadAvg(at(rq, 32 * PERIOD), p.se, 0);
    detachTaskLoadAvg(rq, p);
    expect(rq.cfs.avg.utilAvg).toBe(0);
    attachTaskLoadAvg(rq, p);
    expect(rq.cfs.avg.utilAvg).toBe(512);
    expect(rq.cfs.avg.loadAvg).toBe(p.se.avg.loadAvg);
  });

  test('a task that was never queued has nothing to detach', () => {
    const { rq } = box();
    detachTaskLoadAvg(rq, task(rq));
    expect(rq.cfs.avg.loadAvg).toBe(0);
  });

  test('RT time is a signal of its own', () => {
    const { rq } = box();
    updateRtRqLoadAvg(at(rq, 32 * PERIOD), true);
    expect(rq.avgRt.utilAvg).toBe(512);
    updateRtRqLoadAvg(at(rq, 64 * PERIOD), false);
    expect(rq.avgRt.utilAvg).toBe(255);
  });
});

describe('estimated utilisation', () => {
  test('rises at once, falls by a quarter, and follows the queue', () => {
    const { rq } = box();
    const p = task(rq);
    const { avg } = p.se;
    avg.utilAvg = avg.runnableAvg = 400;
    utilEstUpdate(rq.cfs, p, true);
    expect(taskUtilEst(p)).toBe(400);
    // not updated since: nothing is learned
    avg.utilAvg = avg.runnableAvg = 200;
    utilEstUpdate(rq.cfs, p, true);
    expect(taskUtilEst(p)).toBe(400);
    avg.utilEst = 400;
    utilEstUpdate(rq.cfs, p, true);
    expect(taskUtilEst(p)).toBe(350);
    utilEstEnqueue(rq.cfs, p);
    expect(rq.cfs.avg.utilEst).toBe(350);
    utilEstDequeue(rq.cfs, p);
    expect(rq.cfs.avg.utilEst).toBe(0);
  });

  test('is kept for a task that had to wait, and when the task only moves', () => {
    const { rq } = box();
    const p = task(rq);
    const { avg } = p.se;
    avg.utilEst = 400;
    avg.utilAvg = 200;
    avg.runnableAvg = 300;
    utilEstUpdate(rq.cfs, p, false);
    expect(avg.utilEst).toBe(400);
    utilEstUpdate(rq.cfs, p, true);
    expect(taskUtilEst(p)).toBe(400);
  });
});

interface Reference {
  last: bigint;
  contrib: bigint;
  load: bigint;
  runnable: bigint;
  util: bigint;
}

const INV = (
  'ffffffff fa83b2da f5257d14 efe4b99a eac0c6e6 e5b906e6 e0ccdeeb dbfbb796 d744fcc9 d2a81d91 ce248c14 c9b9bd85 c5672a10 ' +
  'c12c4cc9 bd08a39e b8fbaf46 b504f333 b123f581 ad583ee9 a9a15ab4 a5fed6a9 a2704302 9ef5325f 9b8d39b9 9837f050 94f4efa8 ' +
  '91c3d373 8ea4398a 8b95c1e3 88980e80 85aac367 82cd8698'
)
  .split(' ')
  .map((hex) => BigInt(`0x${hex}`));

function decay(value: bigint, n: bigint): bigint {
  return n > 2016n ? 0n : ((value >> (n / 32n)) * INV[Number(n % 32n)]!) >> 32n;
}

/** scheduler.md 17.1, in 64 bits. */
function reference(m: Reference, now: bigint, load: bigint, runnable: bigint): void {
  let delta = (now - m.last) >> 10n;
  if (delta === 0n) return;
  m.last += delta << 10n;
  let contrib = delta;
  delta += m.contrib;
  const periods = delta / 1024n;
  if (periods > 0n) {
    m.load = decay(m.load, periods);
    m.runnable = decay(m.runnable, periods);
    m.util = decay(m.util, periods);
    delta %= 1024n;
    contrib = decay(1024n - m.contrib, periods) + (47742n - decay(47742n, periods) - 1024n) + delta;
  }
  m.contrib = delta;
  m.load += load * contrib;
  m.runnable += runnable * contrib * 1024n;
  m.util += contrib * 1024n;
}
