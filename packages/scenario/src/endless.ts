import { CALLS } from './calls.ts';
import type { Statement, WhileStatement } from './program.ts';

/**
 * Whether a loop certainly never ends once entered: no statement of its body takes time, sleeps, lets others run or
 * changes a condition. What is merely likely to be endless is left to the limits of the interpreter.
 */
export function isEndless(loop: WhileStatement): boolean {
  return loop.body.every(isInert);
}

function isInert(statement: Statement): boolean {
  switch (statement.kind) {
    case 'call':
      return CALLS[statement.call].inert;
    case 'if':
      return statement.then.every(isInert) && statement.otherwise.every(isInert);
    case 'repeat':
      return statement.body.every(isInert);
    case 'while':
      // either reported itself, or something in it is not inert
      return false;
  }
}
