import { describe, expect, test } from '@jest/globals';
import { EXIT_DEAD } from '@kernel-model/scheduler';
import { SIGKILL, SIGUSR1 } from '@kernel-model/signals';
import { World } from '../../src/index.ts';

const MS = 1e6;
const EINTR = 4;

describe('a user process', () => {
  test('computes and sleeps: a nap takes up to 50 us longer', () => {
    const w = new World({ cpus: 1 });
    const at: number[] = [];
    w.machine.spawnUser('A', function* (u) {
      at.push(w.s.sim.now);
      yield* u.sleep(2000);
      at.push(w.s.sim.now);
      yield* u.spin(1500);
      at.push(w.s.sim.now);
    });
    w.machine.runFor(20 * MS);
    expect(at[1]! - at[0]!).toBeGreaterThan(2.04 * MS);
    expect(at[1]! - at[0]!).toBeLessThan(2.1 * MS);
    expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(1.5 * MS);
    expect(at[2]! - at[1]!).toBeLessThan(1.53 * MS);
  });

  test('is preempted in user mode even without kernel preemption, when its slice ends', () => {
    const w = new World({ cpus: 1, preempt: 'none' });
    const spin = { cpu: 0 };
    w.machine.spawnUser('A', (u) => u.spin(5000), spin);
    w.machine.spawnUser('B', (u) => u.spin(5000), spin);
    w.machine.runFor(30 * MS);
    const switches = w.events.filter(
      (e) => e.name === 'sched_switch' && /prev_comm=(A|B) .*prev_state=R .*next_comm=(A|B) /.test(e.text),
    );
    expect(switches.length).toBeGreaterThan(8);
  });

  test('forks, waits and learns the status', () => {
    const w = new World();
    const seen: number[] = [];
    w.machine.spawnUser('sh', function* (u) {
      const child = yield* u.fork(function* (c) {
        yield* c.exec('prog', function* (p) {
          yield* p.spin(100);
          return 3;
        });
      });
      seen.push(child, (yield* u.wait(child)) >> 8);
    });
    w.machine.runFor(20 * MS);
    expect(seen[1]).toBe(3);
    expect(w.events.some((e) => e.name === 'sched_process_exit' && e.text.includes('comm=prog'))).toBe(true);
  });

  test('handles a signal that ends its sleep, and dies of one that it does not handle', () => {
    const w = new World();
    const log: number[] = [];
    const p = w.machine.spawnUser('A', function* (u) {
      yield* u.signal(SIGUSR1, function* (_u, sig) {
        log.push(sig);
      });
      log.push(yield* u.sleep(1e6));
      for (;;) yield* u.compute(1000);
    });
    w.machine.runFor(5 * MS);
    w.machine.post(function* () {
      yield* w.k.sendSig(SIGUSR1, p, 0);
    });
    w.machine.runFor(5 * MS);
    expect(log).toEqual([SIGUSR1, -EINTR]);
    w.machine.post(function* () {
      yield* w.k.sendSig(SIGKILL, p, 1);
    });
    w.machine.runFor(5 * MS);
    expect([p.exitCode, p.exitState]).toEqual([SIGKILL, EXIT_DEAD]);
  });

  test('flushes what it unmaps: page by page up to 33, then everything', () => {
    const w = new World({ cpus: 1 });
    w.machine.spawnUser('A', function* (u) {
      for (const pages of [4, 33, 34]) {
        const addr = yield* u.mmap(pages);
        yield* u.touch(addr, pages);
        yield* u.munmap(addr);
      }
    });
    w.machine.runFor(20 * MS);
    const own = w.events.filter((e) => e.name === 'tlb_flush' && e.comm === 'A').map((e) => e.text);
    expect(own).toEqual([
      'pages:4 reason:local mm shootdown (3)',
      'pages:33 reason:local mm shootdown (3)',
      'pages:-1 reason:local mm shootdown (3)',
      'pages:1 reason:local mm shootdown (3)',
      'pages:-1 reason:flush on task switch (0)',
      'pages:-1 reason:flush on task switch (0)',
    ]);
  });
});
