import type { CallStatement, Scenario, Statement } from '@kernel-model/scenario';

/** The same scenario, but these threads set their own nice value first of all. */
export function withNice(scenario: Scenario, nice: Readonly<Record<string, number>>): Scenario {
  const functions = new Map(scenario.functions);
  let main = scenario.main;
  for (const [thread, value] of Object.entries(nice)) {
    const call: CallStatement = { kind: 'call', call: 'set_user_nice', args: ['self', value], line: 0, column: 0 };
    if (thread === 'km_main') main = [call, ...main];
    for (const fn of functionsOf(scenario, thread)) functions.set(fn, [call, ...(functions.get(fn) ?? [])]);
  }
  return { ...scenario, functions, main };
}

/** The functions that a thread runs. */
function functionsOf(scenario: Scenario, thread: string): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (statements: readonly Statement[]): void => {
    for (const s of statements) {
      if (s.kind === 'call') {
        if (s.call.startsWith('kthread_') && s.args[0] === thread && typeof s.args[1] === 'string')
          found.add(s.args[1]);
      } else if (s.kind === 'if') {
        walk(s.then);
        walk(s.otherwise);
      } else walk(s.body);
    }
  };
  walk(scenario.main);
  for (const body of scenario.functions.values()) walk(body);
  return found;
}
