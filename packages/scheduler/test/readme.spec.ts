import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
// #region example
import { busy, createScheduler, doExit, kernelClone, msleep, schedConfig, startCpus } from '../src/index.ts';
import { Sim } from '@kernel-model/sim';
import { formatTrace, TraceHub, TraceRecorder } from '@kernel-model/trace';

const sim = new Sim();
const hub = new TraceHub(sim);
const s = createScheduler(sim, hub, schedConfig(sim, { nrCpus: 2, preempt: 'voluntary' }));
const recorder = new TraceRecorder(hub);
s.cpu = 0; // before the CPUs start, code runs as the boot CPU's idle task, and forks
for (const name of ['A', 'B', 'C']) {
  const fork = kernelClone(s, {
    name,
    kthread: true,
    *fn() {
      yield* busy(s, 3000); // us on the CPU
      yield* msleep(s, 5);
      yield* doExit(s, 0);
    },
  });
  for (const _ of fork); // nobody can come in between yet
}
s.cpu = -1;
startCpus(s);
sim.run(() => false, 50e6); // ns
hub.flush();
const text = formatTrace(recorder.events(), 2);
// #endregion

test('the example of the README is run here', () => {
  const self = readFileSync(new URL('readme.spec.ts', import.meta.url), 'utf8');
  const code = self
    .slice(self.indexOf('example\n') + 8, self.indexOf('// #endregion'))
    .replace('../src/index.ts', '@kernel-model/scheduler');
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(code);
  expect(text.match(/sched_process_exit: comm=[ABC]/g)).toHaveLength(3);
});
