import { describe, expect, test } from '@jest/globals';
import { TASK_ON_RQ_MIGRATING, TASK_ON_RQ_QUEUED } from '../src/constants.ts';
import { updateStatsWaitEnd, updateStatsWaitStart } from '../src/schedstat.ts';
import { Rig } from './rig.ts';

const MS = 1_000_000;

describe('the wait of a task', () => {
  test('goes on while balancing moves it, and counts once, with what it waited on both queues', () => {
    const rig = new Rig(2);
    const { s } = rig;
    const p = rig.task('p');
    const [from, to] = s.rqs;
    from!.clock = 10 * MS;
    updateStatsWaitStart(from!, p);
    from!.clock = 13 * MS;
    p.onRq = TASK_ON_RQ_MIGRATING;
    updateStatsWaitEnd(from!, p);
    to!.clock = 14 * MS;
    updateStatsWaitStart(to!, p);
    p.onRq = TASK_ON_RQ_QUEUED;
    to!.clock = 19 * MS;
    updateStatsWaitEnd(to!, p);
    expect(p.stats).toMatchObject({ waitStart: 0, waitCount: 1, waitSum: 8 * MS, waitMax: 8 * MS });
  });
});
