import { describe, expect, test } from '@jest/globals';
import { EBUSY, EINVAL, SCHED_FIFO } from '../src/constants.ts';
import { setFairServer } from '../src/dl-server.ts';
import { schedSetschedulerNocheck } from '../src/syscalls.ts';
import { Rig } from './rig.ts';

const MS = 1_000_000;

describe('fair server', () => {
  test('CC-SCHED-55: a fair task beside a FIFO hog first runs after 950 ms, then 50 ms a second', () => {
    const rig = new Rig(1);
    const hog = rig.task('hog');
    rig.start(hog, 0, () => schedSetschedulerNocheck(rig.s, hog, SCHED_FIFO, 50));
    rig.start(rig.task('fair'));
    rig.runUntil(3000 * MS);
    expect(rig.timeline()).toEqual([
      'hog 0-950',
      'fair 950-1000',
      'hog 1000-1950',
      'fair 1950-2000',
      'hog 2000-2950',
      'fair 2950-3000',
    ]);
  });

  test('with fair work only the server never runs: it is put off again and again', () => {
    const rig = new Rig(1);
    rig.start(rig.task('fair'));
    const { fairServer } = rig.s.rqs[0]!.dl;
    rig.runUntil(2000 * MS);
    expect(fairServer).toMatchObject({ serverActive: true, throttled: true, deferArmed: true, deferRunning: false });
    expect(fairServer.onDlRq).toBe(false);
    expect(fairServer.dlTimer!.active).toBe(true);
    expect(rig.timeline()).toEqual(['fair 0-2000']);
  });

  test('CC-SCHED-56: the last moment comes and nobody wants it: the server stops', () => {
    const rig = new Rig(1);
    const { s } = rig;
    rig.start(rig.task('fair', [10 * MS, 'sleep']));
    const { fairServer } = s.rqs[0]!.dl;
    rig.runUntil(900 * MS);
    expect(s.rqs[0]!.curr).toBe(s.rqs[0]!.idle);
    expect(fairServer.serverActive).toBe(true);
    rig.runUntil(1100 * MS);
    expect(fairServer).toMatchObject({ serverActive: false, throttled: false, deferArmed: false, onDlRq: false });
    expect(s.rqs[0]!.curr).toBe(s.rqs[0]!.idle);
    expect(s.rqs[0]!.nrRunning).toBe(0);
  });

  test('its parameters can be changed; a runtime of 0 switches it off', () => {
    const rig = new Rig(1);
    const { s } = rig;
    const rq = s.rqs[0]!;
    expect(setFairServer(rq, 50 * MS, 1000 * MS)).toBe(-EINVAL);
    const hog = rig.task('hog');
    rig.start(hog, 0, () => schedSetschedulerNocheck(s, hog, SCHED_FIFO, 50));
    rig.start(rig.task('fair'));
    rig.runUntil(10 * MS);
    expect(s.rd.dlBw.totalBw).toBe(52428);
    rig.at(20 * MS, () => {
      expect(setFairServer(rq, 50 * MS, 40 * MS)).toBe(-EINVAL);
      expect(setFairServer(rq, 990 * MS, 1000 * MS)).toBe(-EBUSY);
      expect(setFairServer(rq, 100 * MS, 500 * MS)).toBe(0);
    });
    rig.runUntil(1200 * MS);
    expect(s.rd.dlBw.totalBw).toBe(209715);
    expect(rig.timeline().slice(0, 3)).toEqual(['hog 0-420', 'fair 420-520', 'hog 520-920']);
    rig.at(1210 * MS, () => void setFairServer(rq, 0, 500 * MS));
    rig.runUntil(5000 * MS);
    expect(s.reports.lines.map((x) => x.text)).toContain(
      'Fair server disabled in CPU 0, system may crash due to starvation.',
    );
    expect(rig.timeline().at(-1)).toMatch(/^hog .*-5000$/);
  });
});
