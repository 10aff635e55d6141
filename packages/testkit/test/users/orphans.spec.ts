import { describe, expect, test } from '@jest/globals';
import { EXIT_ZOMBIE } from '@kernel-model/scheduler';
import { World } from '../../src/index.ts';

const MS = 1e6;

describe('an orphan', () => {
  test('is a child of pid 1, which sleeps until it exits, and reaps it then', () => {
    const w = new World();
    const { init, sched } = w.machine;
    let pid = 0;
    w.machine.spawnUser('parent', function* (u) {
      pid = yield* u.fork((child) => child.sleep(20_000));
      yield* u.sleep(1000);
    });
    w.machine.runFor(10 * MS);
    expect(sched.tasks.get(pid)?.parent === init).toBe(true);
    const switches = init.nvcsw;
    w.machine.runFor(20 * MS);
    expect(sched.tasks.has(pid)).toBe(false);
    expect(init.nvcsw).toBe(switches + 1);
  });

  test('goes to an ancestor that takes them, which has to reap it', () => {
    const w = new World();
    let pid = 0;
    let reaped = -1;
    w.machine.spawnUser('manager', function* (u) {
      yield* u.setChildSubreaper(true);
      const parent = yield* u.fork(function* (p) {
        pid = yield* p.fork(function* (child) {
          yield* child.sleep(2000);
          return 7;
        });
      });
      yield* u.wait(parent);
      yield* u.sleep(10_000);
      reaped = yield* u.wait(pid);
    });
    w.machine.runFor(8 * MS);
    expect(w.s.tasks.get(pid)?.exitState).toBe(EXIT_ZOMBIE);
    w.machine.runFor(20 * MS);
    expect(reaped).toBe(7 << 8);
    expect(w.s.tasks.has(pid)).toBe(false);
  });
});
