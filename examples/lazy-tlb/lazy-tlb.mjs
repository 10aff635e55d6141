// node examples/lazy-tlb/lazy-tlb.mjs [SCENARIO]
//
// What lazy TLB mode saves: the same scenario on a machine that has it and on one that has not.
import { readFileSync } from 'node:fs';
import { lazyTlbReport } from '@kernel-model/mm';
import { ScenarioRun, parseScenario } from '@kernel-model/scenario';

const file = process.argv[2] ?? new URL('two-processes.yaml', import.meta.url);
const scenario = parseScenario(readFileSync(file), String(file));

console.log(lazyTlbReport(mmAfter(true), mmAfter(false)).text);

/** @returns the memory of the machine, with its counters, when the scenario is over */
function mmAfter(lazyTlb) {
  const run = new ScenarioRun(scenario, { config: { mm: { lazyTlb } } });
  run.run();
  return run.machine.mm;
}
