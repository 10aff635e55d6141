// `node --expose-gc growth-point.mjs CURVE N` measures one point of a growth curve, in a process of its own.
import { CURVES } from './loads/growth.mjs';

const [curve, n] = process.argv.slice(2);
console.log(JSON.stringify(CURVES[curve].run(Number(n))));
