import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import type { ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import { ScenarioError } from './errors.ts';
import { parseScenario } from './parse.ts';
import { scenarioSchema } from './schema.ts';

const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
const validate: ValidateFunction = new Ajv({ strict: true, strictTuples: false, allowUnionTypes: true }).compile(
  scenarioSchema,
);

test('schema.json is the schema (UPDATE_SCHEMA=1 writes it, prettier formats it)', () => {
  const file = new URL('schema.json', import.meta.url);
  if (process.env['UPDATE_SCHEMA']) writeFileSync(file, JSON.stringify(scenarioSchema, null, 2));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(scenarioSchema)));
});

/** Statements and whole files whose shape alone decides: schema and parser must agree. */
const SHAPES: readonly (readonly [text: string, valid: boolean])[] = [
  ['main: [schedule]', true],
  ['main: [{schedule: }]', true],
  ['main: [{schedule: []}]', true],
  ['main: [{schedule: 1}]', false],
  ['main: [msleep]', false],
  ['main: [{msleep: 4}]', true],
  ['main: [{msleep: [4]}]', true],
  ['main: [{msleep: [4, 5]}]', false],
  ['main: [{msleep: -1}]', false],
  ['main: [{msleep: 1.5}]', false],
  ['main: [{msleep: long}]', false],
  ['main: [return]', true],
  ['main: [{return: 3}]', true],
  ['main: [{sched_setattr: [self, SCHED_RR]}]', true],
  ['main: [{sched_setattr: [self, SCHED_RR, 1, 0, 0]}]', true],
  ['main: [{sched_setattr: [self, SCHED_RR, 1, 0, 0, 0]}]', false],
  ['main: [{sched_setattr: self}]', false],
  ['main: [{set_current_state: TASK_IDLE}]', true],
  ['main: [{set_current_state: IDLE}]', false],
  ['main: [{allow_signal: SIGUSR1}]', true],
  ['main: [{allow_signal: 10}]', true],
  ['main: [{allow_signal: 65}]', false],
  ['main: [{allow_signal: SIGFOO}]', false],
  ['main: [{sleep: 4}]', false],
  ['main: [{msleep: 4, busy: 3}]', false],
  ['main: [{}]', false],
  ['main: [7]', false],
  ['main: []', false],
  ['main: ', false],
  ['name: x', false],
  ['[]', false],
  ['main: [{repeat: 3, do: [yield]}]', true],
  ['main: [{repeat: 3, do: }]', true],
  ['main: [{repeat: 3}]', false],
  ['main: [{repeat: 0, do: [yield]}]', false],
  ['main: [{while: signal_pending, do: [yield], else: []}]', false],
  ['main: [{if: signal_pending, then: [yield], else: [schedule]}]', true],
  ['main: [{if: signal_pending}]', false],
  ['main: [{if: {result: 1}, then: [yield]}]', true],
  ['main: [{if: {not: {not: {result: 1}}}, then: [yield]}]', true],
  ['main: [{if: {not: }, then: [yield]}]', false],
  ['{vars: {n: }, main: [{if: {var: n, ge: 1}, then: [yield]}]}', true],
  ['{vars: {n: 3}, main: [{if: {var: n}, then: [yield]}]}', false],
  ['{vars: {n: 3}, main: [{if: {var: n, ge: 1, eq: 1}, then: [yield]}]}', false],
  ['{vars: {n: x}, main: [yield]}', false],
  ['{machine: , main: [yield]}', true],
  ['{machine: {cpus: 4, preempt: none}, main: [yield]}', true],
  ['{machine: {cpus: 0}, main: [yield]}', false],
  ['{machine: {preempt: rt}, main: [yield]}', false],
  ['{machine: {ram: 1}, main: [yield]}', false],
  ['{main_cpu: 1, main: [yield]}', true],
  ['{main_cpu: first, main: [yield]}', false],
  ['{completions: [a, b], main: [yield]}', true],
  ['{completions: [a, a], main: [yield]}', false],
  ['{completions: a, main: [yield]}', false],
  ['{completions: [1], main: [yield]}', false],
  ['{completions: ["a b"], main: [yield]}', false],
  ['{workqueues: {q: , p: {flags: [WQ_UNBOUND], max_active: 1}}, main: [yield]}', true],
  ['{workqueues: {q: {flags: [UNBOUND]}}, main: [yield]}', false],
  ['{workqueues: [q], main: [yield]}', false],
  ['{functions: {f: [yield], g: }, works: {w: {fn: f, kind: delayed}}, main: [yield]}', true],
  ['{functions: {f: [yield]}, works: {w: {fn: f, kind: fast}}, main: [yield]}', false],
  ['{functions: {f: [yield]}, works: {w: f}, main: [yield]}', false],
  ['{works: {w: }, main: [yield]}', false],
  ['{functions: {main: [yield]}, main: [yield]}', false],
  ['{users: [{name: A, ops: ["spin:3", yield, "munmap:4"]}], main: [yield]}', true],
  ['{users: [{name: A, cpu: 0, ops: [spin]}], main: [yield]}', false],
  ['{users: [{name: A, ops: [yield], threads: [{cpu: 1, ops: ["spin:3"]}, {ops: []}]}], main: [yield]}', true],
  ['{users: [{name: A, ops: [yield], threads: [{cpu: 1}]}], main: [yield]}', false],
  ['{users: [{name: A, ops: [yield], threads: [{name: B, ops: []}]}], main: [yield]}', false],
  ['{users: [{name: A}], main: [yield]}', false],
  ['{users: [{name: aNameOf16Letters, ops: []}], main: [yield]}', false],
  ['{extra: 1, main: [yield]}', false],
];

describe('the schema and the parser agree', () => {
  test.each(SHAPES)('%s: %s', (text, valid) => {
    expect(validate(parse(text))).toBe(valid);
    if (valid) expect(parseScenario(text, 'x.yaml').main.length).toBeGreaterThan(0);
    else expect(() => parseScenario(text, 'x.yaml')).toThrow(ScenarioError);
  });
});
