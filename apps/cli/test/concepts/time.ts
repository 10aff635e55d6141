import { boot } from '@kernel-model/machine';

const machine = boot({ cpus: 2, seed: 7 });
const before = machine.sim.now;
machine.runFor(5_000_000); // 5 ms, for the machine
console.log(machine.sim.now - before);
