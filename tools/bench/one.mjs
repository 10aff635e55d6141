// Runs one case and prints its result as JSON: a process of its own keeps cases from warming each other's code.
import { CASES } from './cases.mjs';

console.log(JSON.stringify(CASES[process.argv[2]].run()));
