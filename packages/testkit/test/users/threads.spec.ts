import { describe, expect, test } from '@jest/globals';
import { EXIT_DEAD, EXIT_ZOMBIE } from '@kernel-model/scheduler';
import { SIGKILL, SIGUSR1 } from '@kernel-model/signals';
import type { Mm } from '@kernel-model/mm';
import { World } from '../../src/index.ts';

const MS = 1e6;

/** The tlb_flush events, with CPU, from an instant on. */
function flushes(w: World, fromNs: number): string[] {
  return w.events.filter((e) => e.name === 'tlb_flush' && e.at >= fromNs).map((e) => `cpu${e.cpu} ${e.text}`);
}

describe('the threads of a process', () => {
  test('that run are interrupted when one of them unmaps pages', () => {
    const w = new World();
    let fromNs = Infinity;
    let untilNs = 0;
    w.machine.spawnUser(
      'A',
      function* (u) {
        yield* u.thread((t) => t.spin(10_000), { cpu: 1 });
        yield* u.spin(1000);
        const kept = yield* u.mmap(1);
        const addr = yield* u.mmap(1);
        yield* u.touch(kept, 1);
        yield* u.touch(addr, 1);
        fromNs = w.s.sim.now;
        yield* u.munmap(addr);
        untilNs = w.s.sim.now;
        yield* u.spin(10_000);
      },
      { cpu: 0 },
    );
    w.machine.runFor(3 * MS);
    expect(untilNs).toBeGreaterThan(fromNs);
    // pages share a table with what stays mapped: nobody has to leave the address space
    expect(flushes(w, fromNs)).toEqual([
      'cpu0 pages:1 reason:remote ipi send (4)',
      'cpu0 pages:1 reason:local mm shootdown (3)',
      'cpu1 pages:1 reason:remote shootdown (1)',
    ]);
  });

  test('that sleep are not: their CPU flushes when it comes back to them', () => {
    const w = new World();
    let fromNs = Infinity;
    w.machine.spawnUser(
      'A',
      function* (u) {
        yield* u.thread((t) => t.sleep(3000), { cpu: 1 });
        yield* u.spin(1000);
        const kept = yield* u.mmap(1);
        const addr = yield* u.mmap(1);
        yield* u.touch(kept, 1);
        yield* u.touch(addr, 1);
        fromNs = w.s.sim.now;
        yield* u.munmap(addr);
        yield* u.spin(9000);
      },
      { cpu: 0 },
    );
    w.machine.runFor(6 * MS);
    expect(flushes(w, fromNs)).toEqual([
      'cpu0 pages:1 reason:remote ipi send (4)',
      'cpu0 pages:1 reason:local mm shootdown (3)',
      'cpu1 pages:-1 reason:flush on task switch (0)',
    ]);
  });

  test('share one address space, which goes with the last of them', () => {
    const w = new World();
    let mm: Mm | null = null;
    const users: number[] = [];
    w.machine.spawnUser('A', function* (u) {
      mm = u.task.mm as Mm;
      const tids: number[] = [];
      for (let i = 1; i <= 2; i++) tids.push(yield* u.thread((t) => t.spin(500 * i)));
      users.push(mm.users);
      for (const tid of tids) {
        yield* u.join(tid);
        users.push(mm.users);
      }
      yield* u.exitThread(0);
    });
    w.machine.runFor(20 * MS);
    // a thread that was joined has let go, or is just about to: it wakes the other one first
    expect(users[0]).toBe(3);
    expect(users[2]! < users[0]!).toBe(true);
    expect(mm).toMatchObject({ users: 0 });
  });

  test('die together of a signal that ends the process; its parent is told once', () => {
    const w = new World();
    let tid = 0;
    const p = w.machine.spawnUser('A', function* (u) {
      tid = yield* u.thread((t) => t.sleep(1e6));
      yield* u.spin(1e6);
    });
    w.machine.runFor(5 * MS);
    const thread = w.s.tasks.get(tid)!;
    w.machine.post(function* () {
      yield* w.k.sendSig(SIGKILL, p, 1);
    });
    w.machine.runFor(5 * MS);
    expect([p, thread].map((t) => [t.exitCode, t.exitState])).toEqual([
      [SIGKILL, EXIT_DEAD],
      [SIGKILL, EXIT_DEAD],
    ]);
    expect(w.events.filter((e) => e.name === 'signal_generate' && e.text.startsWith('sig=17 '))).toHaveLength(1);
  });

  test('share what they do with a signal: one that was sent to the process runs the handler once', () => {
    const w = new World();
    const ran: number[] = [];
    const p = w.machine.spawnUser('A', function* (u) {
      yield* u.thread((t) => t.spin(1e6));
      yield* u.signal(SIGUSR1, function* (me) {
        ran.push(me.pid);
      });
      yield* u.spin(1e6);
    });
    w.machine.runFor(5 * MS);
    w.machine.spawnUser('kill', (u) => u.kill(p.pid, SIGUSR1));
    w.machine.runFor(5 * MS);
    expect(ran).toEqual([p.pid]);
    expect(p.exitState).toBe(0);
  });

  test('end with the process when its first thread returns, but go on when that one only exits', () => {
    const w = new World();
    let other = 0;
    const ended = w.machine.spawnUser('A', function* (u) {
      other = yield* u.thread((t) => t.spin(1e6));
      yield* u.spin(1000);
      return 3;
    });
    w.machine.runFor(10 * MS);
    expect([ended.exitCode >> 8, w.s.tasks.has(other)]).toEqual([3, false]);

    const left = w.machine.spawnUser('B', function* (u) {
      other = yield* u.thread((t) => t.spin(20_000));
      yield* u.exitThread(4);
    });
    w.machine.runFor(10 * MS);
    expect([left.exitState, w.s.tasks.has(other)]).toEqual([EXIT_ZOMBIE, true]);
    w.machine.runFor(30 * MS);
    expect([left.exitState, w.s.tasks.has(other)]).toEqual([EXIT_DEAD, false]);
  });

  test('hand their children on to each other', () => {
    const w = new World();
    let status = 0;
    w.machine.spawnUser('A', function* (u) {
      let child = 0;
      const tid = yield* u.thread(function* (t) {
        child = yield* t.fork(function* (c) {
          yield* c.spin(5000);
          return 7;
        });
      });
      yield* u.join(tid);
      yield* u.sleep(1000);
      expect(w.s.tasks.get(child)!.parent).toBe(u.task);
      status = (yield* u.wait(child)) >> 8;
    });
    w.machine.runFor(20 * MS);
    expect(status).toBe(7);
  });

  test('are replaced by the one that starts another program, under the pid of the process', () => {
    const w = new World();
    const seen: unknown[] = [];
    const first = w.machine.spawnUser('A', function* (u) {
      yield* u.thread((t) => t.spin(1e6));
      yield* u.thread(function* (t) {
        yield* t.spin(500);
        yield* t.exec('prog', function* (me) {
          seen.push(me.pid, me.task.pid, me.task.comm);
          yield* me.spin(500);
          return 5;
        });
      });
      yield* u.spin(1e6);
    });
    const { pid } = first;
    w.machine.runFor(3 * MS);
    expect(seen).toEqual([pid, pid, 'prog']);
    w.machine.runFor(20 * MS);
    expect([...w.s.tasks.values()].filter((p) => p.comm === 'A' || p.comm === 'prog')).toEqual([]);
    const statuses = w.events.filter((e) => e.name === 'signal_generate' && e.text.startsWith('sig=17 '));
    expect(statuses).toHaveLength(1);
  });
});
