// How fast this machine is, in the unit of what the model does most: resume a generator.
import { timed } from '../measure.mjs';

/** ns that next() of a generator takes on the machine for which the goals were set. */
export const GOAL_NS = 12;

/** Resume one generator again and again. @param count calls */
export function next(count) {
  const generator = forEver();
  return timed(count, (more) => {
    for (let i = 0; i < more; i++) generator.next();
  });
}

function* forEver() {
  for (;;) yield 1;
}
