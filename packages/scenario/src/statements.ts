import type { Node } from 'yaml';
import { isMap, isScalar } from 'yaml';
import { readArguments } from './arguments.ts';
import { CALL_SPECS, isCallName } from './calls.ts';
import { readCondition } from './conditions.ts';
import { isEndless } from './endless.ts';
import type { Names } from './names.ts';
import type { Entry, NodeReader } from './node-reader.ts';
import { clip, describe } from './node-reader.ts';
import type { MachineSpec, Position, Statement } from './program.ts';
import { didYouMean } from './suggest.ts';

/** How many statements a scenario may have once its aliases are written out. */
export const MAX_STATEMENTS = 20_000;

/** How often `repeat` may repeat. */
export const REPEAT_RANGE: readonly [min: number, max: number] = [1, 2 ** 31 - 1];

/** Keys that make a statement a control statement, with the keys that go with them. */
export const CONTROL_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['while', ['do']],
  ['if', ['then', 'else']],
  ['repeat', ['do']],
]);

/** Reads lists of statements. */
export class StatementReader {
  readonly reader: NodeReader;
  readonly names: Names;
  readonly machine: MachineSpec;
  #count = 0;
  constructor(reader: NodeReader, names: Names, machine: MachineSpec) {
    this.reader = reader;
    this.names = names;
    this.machine = machine;
  }

  /** A list of statements; those with problems are left out. */
  block(node: Node | null, what: string, at: Position): Statement[] {
    const statements: Statement[] = [];
    for (const item of this.reader.items(node, `${what} (a list of statements)`, at) ?? []) {
      if (++this.#count > MAX_STATEMENTS) {
        this.reader.problem(
          'SCENARIO_TOO_MUCH',
          item.at,
          `the scenario has more than ${MAX_STATEMENTS} statements (MAX_STATEMENTS); use repeat or functions`,
        );
        this.reader.problems.check();
      }
      const statement = this.#statement(item.node, item.at);
      if (statement) statements.push(statement);
    }
    return statements;
  }

  #statement(node: Node | null, at: Position): Statement | null {
    if (isScalar(node) && typeof node.value === 'string') return this.#call(node.value, null, at);
    if (!isMap(node)) {
      this.reader.problem(
        'SCENARIO_SHAPE',
        at,
        `a statement must be a call, while, if or repeat, not ${describe(node)}`,
      );
      return null;
    }
    const entries = this.reader.entries(node, 'a statement', at);
    if (entries === null || entries.length === 0) {
      if (node.items.length === 0)
        this.reader.problem('SCENARIO_SHAPE', at, 'a statement must be a call, while, if or repeat, not an empty map');
      return null;
    }
    const control = entries.find((e) => CONTROL_KEYS.has(e.key));
    if (control) return this.#control(control, entries);
    const [call, second] = entries as [Entry, Entry | undefined];
    if (second) {
      const stray = entries.find((e) => e.key === 'do' || e.key === 'then' || e.key === 'else');
      if (stray)
        this.reader.problem(
          'SCENARIO_MISSING_KEY',
          stray.at,
          `${stray.key} needs ${stray.key === 'do' ? 'while or repeat' : 'if'} beside it`,
        );
      else
        this.reader.problem(
          'SCENARIO_SHAPE',
          second.at,
          `a statement is one call: ${clip(call.key)} or ${clip(second.key)}? Start each with its own dash`,
        );
      return null;
    }
    return this.#call(call.key, call.value, call.at);
  }

  #call(name: string, value: Node | null, at: Position): Statement | null {
    if (!isCallName(name)) {
      if (CONTROL_KEYS.has(name))
        this.reader.problem(
          'SCENARIO_MISSING_KEY',
          at,
          `${name} needs ${name === 'repeat' ? 'a count' : 'a condition'} and ${CONTROL_KEYS.get(name)![0]}: [...]`,
        );
      else
        this.reader.problem(
          'SCENARIO_UNKNOWN_CALL',
          at,
          `there is no call ${JSON.stringify(clip(name))}${didYouMean(name, this.#words())}`,
        );
      return null;
    }
    const args = readArguments(this, name, value, at);
    return args && { kind: 'call', call: name, args, line: at.line, column: at.column };
  }

  #words(): string[] {
    return [...CALL_SPECS.keys(), ...CONTROL_KEYS.keys()];
  }

  #control(control: Entry, entries: readonly Entry[]): Statement | null {
    const { reader } = this;
    const { key, at } = control;
    const allowed = CONTROL_KEYS.get(key)!;
    for (const e of entries) {
      if (e === control || allowed.includes(e.key)) continue;
      reader.problem(
        'SCENARIO_UNKNOWN_KEY',
        e.at,
        `${clip(e.key)} does not go with ${key}${didYouMean(e.key, allowed)}; only ${allowed.join(' and ')} do${allowed.length === 1 ? 'es' : ''}`,
      );
    }
    const bodyKey = allowed[0]!;
    const bodyEntry = entries.find((e) => e.key === bodyKey);
    if (!bodyEntry) reader.problem('SCENARIO_MISSING_KEY', at, `${key} needs ${bodyKey}: [...]`);
    const body = bodyEntry ? this.block(bodyEntry.value, bodyKey, bodyEntry.valueAt) : [];
    const position = { line: at.line, column: at.column };
    if (key === 'repeat') {
      const count = reader.integer(control.value, 'the count of repeat', control.valueAt, REPEAT_RANGE);
      return count === null || !bodyEntry ? null : { kind: 'repeat', count, body, ...position };
    }
    const condition = readCondition(reader, this.names, control.value, control.valueAt);
    if (key === 'if') {
      const elseEntry = entries.find((e) => e.key === 'else');
      const otherwise = elseEntry ? this.block(elseEntry.value, 'else', elseEntry.valueAt) : [];
      return condition && bodyEntry ? { kind: 'if', condition, then: body, otherwise, ...position } : null;
    }
    // a statement that was left out for a problem of its own might have ended the loop
    if (!condition || !bodyEntry || body.length < (reader.items(bodyEntry.value, 'do', bodyEntry.valueAt)?.length ?? 1))
      return null;
    const loop: Statement = { kind: 'while', condition, body, ...position };
    if (isEndless(loop)) {
      const what =
        'endless loop without a visible point: nothing in do takes time, sleeps or lets another thread run, so the condition can never change';
      reader.problem('SCENARIO_ENDLESS', at, `${what}; add cond_resched, schedule, msleep or busy`);
    }
    return loop;
  }
}
