import type { CallName } from './calls.ts';
import type { CallStatement, Scenario, Statement } from './program.ts';

/** ns of one unit of the first argument of calls that take this time, whatever others do. */
const UNIT_NS: Partial<Record<CallName, number>> = { msleep: 1e6, usleep_range: 1e3, busy: 1e3, local_bh: 1e3 };

/** The least virtual time in ns that `main` takes: its sleeps and its work. Loops and branches with a condition count as 0. */
export function leastTimeNs(scenario: Scenario): number {
  return ofBody(scenario.main);
}

function ofBody(body: readonly Statement[]): number {
  return body.reduce((sum, st) => sum + ofStatement(st), 0);
}

function ofStatement(st: Statement): number {
  if (st.kind === 'repeat') return st.count * ofBody(st.body);
  return st.kind === 'call' ? ofCall(st) : 0;
}

function ofCall({ call, args }: CallStatement): number {
  const unitNs = UNIT_NS[call];
  return unitNs === undefined ? 0 : unitNs * (args[0] as number);
}
