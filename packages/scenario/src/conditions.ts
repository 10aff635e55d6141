import type { Node } from 'yaml';
import { isMap, isScalar } from 'yaml';
import { ARGUMENT_KINDS } from './calls.ts';
import type { Names } from './names.ts';
import type { Entry, NodeReader } from './node-reader.ts';
import { clip, describe } from './node-reader.ts';
import type { Condition, Position } from './program.ts';
import { didYouMean } from './suggest.ts';
import { FLAG_CONDITIONS } from './words.ts';

const FORMS = `${FLAG_CONDITIONS.join(', ')}, {var: V, ge: N}, {var: V, eq: N}, {result: N} or {not: CONDITION}`;

/** The condition of `while` or `if`, or null after noting what is wrong with it. */
export function readCondition(
  reader: NodeReader,
  names: Names,
  node: Node | null,
  at: Position,
  negated = false,
): Condition | null {
  const position = { line: at.line, column: at.column };
  if (isScalar(node) && typeof node.value === 'string') {
    const text = node.value;
    const kind = FLAG_CONDITIONS.find((word) => word === text);
    if (kind) return { kind, negated, ...position };
    reader.problem(
      'SCENARIO_SHAPE',
      at,
      `there is no condition ${JSON.stringify(clip(text))}${didYouMean(text, FLAG_CONDITIONS)}; a condition is ${FORMS}`,
    );
    return null;
  }
  if (!isMap(node)) {
    reader.problem('SCENARIO_SHAPE', at, `a condition is ${FORMS}, not ${describe(node)}`);
    return null;
  }
  const entries = reader.entries(node, 'a condition', at) ?? [];
  const find = (key: string): Entry | undefined => entries.find((e) => e.key === key);
  const not = find('not');
  const name = find('var');
  const result = find('result');
  const head = not ?? name ?? result;
  if (!head) {
    reader.problem('SCENARIO_SHAPE', at, `a condition is ${FORMS}`);
    return null;
  }
  const others = head === name ? ['ge', 'eq'] : [];
  const stray = entries.find((e) => e !== head && !others.includes(e.key));
  if (stray) {
    reader.problem(
      'SCENARIO_UNKNOWN_KEY',
      stray.at,
      `${clip(stray.key)} does not go with ${head.key}; a condition is ${FORMS}`,
    );
    return null;
  }
  if (head === not) return readCondition(reader, names, not.value, not.valueAt, !negated);
  if (head === result) {
    const value = reader.integer(result.value, 'the result', result.valueAt, ARGUMENT_KINDS.int.range!);
    return value === null ? null : { kind: 'result', negated, value, ...position };
  }
  return readVarTest(reader, names, name!, find('ge'), find('eq'), negated, position);
}

function readVarTest(
  reader: NodeReader,
  names: Names,
  name: Entry,
  ge: Entry | undefined,
  eq: Entry | undefined,
  negated: boolean,
  position: Position,
): Condition | null {
  const bound = ge ?? eq;
  if (!bound || (ge && eq)) {
    reader.problem('SCENARIO_SHAPE', name.at, 'a test of a variable needs either ge: N or eq: N');
    return null;
  }
  const value = reader.integer(bound.value, `the number after ${bound.key}`, bound.valueAt, ARGUMENT_KINDS.int.range!);
  const text = reader.text(name.value, 'the name after var', name.valueAt);
  if (text === null || value === null || !names.use('var', text, 'a condition', name.valueAt)) return null;
  return {
    kind: 'var',
    negated,
    name: text,
    operator: ge ? 'ge' : 'eq',
    value,
    line: position.line,
    column: position.column,
  };
}
