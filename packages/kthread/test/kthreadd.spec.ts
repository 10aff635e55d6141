import { describe, expect, test } from '@jest/globals';
import { Sim } from '@kernel-model/sim';
import { PF_KTHREAD, PF_NOFREEZE, createScheduler, schedConfig, startCpus, type Task } from '@kernel-model/scheduler';
import { SIG_IGN, Signals, signalState } from '@kernel-model/signals';
import { TraceHub } from '@kernel-model/trace';
import { KthreadCreateInfo, Kthreads, checkKthreads, kernelThread, kthreadd } from '../src/index.ts';

/** A machine on which kthreadd has been made, and nothing has run yet. */
function beforeTheFirstInstruction(): { k: Kthreads; sim: Sim; switches: string[]; kthreaddTask: Task } {
  const sim = new Sim();
  const hub = new TraceHub(sim);
  const s = createScheduler(sim, hub, schedConfig(sim, { nrCpus: 1 }));
  const k = new Kthreads(s, new Signals(s));
  const switches: string[] = [];
  hub.events$.subscribe((e) => {
    if (e.name === 'sched_switch' || e.name === 'sched_process_fork') switches.push(e.text);
  });
  s.cpu = 0;
  const call = kernelThread(k, () => kthreadd(k), 'kthreadd')[Symbol.iterator]();
  let r = call.next();
  while (r.done !== true) r = call.next();
  const kthreaddTask = (k.kthreadd = r.value as Task);
  s.cpu = -1;
  sim.afterStep(() => checkKthreads(k));
  return { k, sim, switches, kthreaddTask };
}

function* nothing(): Generator<0 | 1, number, void> {
  return 0;
}

describe('kthreadd', () => {
  test('serves a request from before its first instruction in its first pass, without sleeping (CC-K01, INV-K01)', () => {
    const { k, sim, switches } = beforeTheFirstInstruction();
    k.createList.push(new KthreadCreateInfo('A', nothing, null), new KthreadCreateInfo('B', nothing, null));
    startCpus(k.s);
    sim.run(() => false, 10_000_000);
    expect(k.createList).toEqual([]);
    const sleeps = switches.findIndex((text) => text.startsWith('prev_comm=kthreadd') && text.includes('prev_state=S'));
    const forks = switches.filter((text) => text.startsWith('comm=kthreadd'));
    expect(forks.map((text) => text.match(/child_comm=(\w+)/)![1])).toEqual(['A', 'B']);
    expect(switches.indexOf(forks[1]!)).toBeLessThan(sleeps);
  });

  test('sleeps interruptibly if there is none', () => {
    const { k, sim, switches } = beforeTheFirstInstruction();
    startCpus(k.s);
    sim.run(() => false, 10_000_000);
    expect(switches.at(-1)).toContain('prev_comm=kthreadd prev_pid=1 prev_prio=120 prev_state=S');
  });

  test('ignores every signal, cannot be frozen, and passes that on', () => {
    const { k, sim, kthreaddTask } = beforeTheFirstInstruction();
    const create = new KthreadCreateInfo('A', nothing, null);
    k.createList.push(create);
    startCpus(k.s);
    sim.run(() => false, 10_000_000);
    for (const p of [kthreaddTask, create.result as Task]) {
      expect(p.flags & (PF_KTHREAD | PF_NOFREEZE)).toBe(PF_KTHREAD | PF_NOFREEZE);
      expect(signalState(p).group.action(9).handler).toBe(SIG_IGN);
    }
  });
});
