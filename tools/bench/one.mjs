// `node one.mjs CASE [SCALE]` runs one case and prints its result as JSON: a process of its own keeps cases from warming
// each other's code. SCALE: how much of the work to do, 1 by default.
import { CASES } from './cases.mjs';

const [name, scale = '1'] = process.argv.slice(2);
const { count, run } = CASES[name];
console.log(JSON.stringify(await run(Math.ceil((count ?? 1) * Number(scale)))));
