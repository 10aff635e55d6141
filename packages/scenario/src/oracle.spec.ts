import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { ValidateFunction } from 'ajv';
import { parse } from 'yaml';
import type { Statement } from './program.ts';
import { CALL_SPECS } from './calls.ts';
import { parseScenario } from './parse.ts';
import { scenarioSchema } from './schema.ts';

const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
const oracle = new URL('../oracle/', import.meta.url);
const names = readdirSync(new URL('scenarios/', oracle)).map((file) => file.replace(/\.yaml$/, ''));
const read = (name: string): string => readFileSync(new URL(`scenarios/${name}.yaml`, oracle), 'utf8');
const valid: ValidateFunction = new Ajv({ strict: true, strictTuples: false, allowUnionTypes: true }).compile(
  scenarioSchema,
);

function callsOf(statements: readonly Statement[]): string[] {
  return statements.flatMap((s) => {
    if (s.kind === 'call') return [s.call];
    return s.kind === 'if' ? [...callsOf(s.then), ...callsOf(s.otherwise)] : callsOf(s.body);
  });
}

describe('the scenarios that a real kernel ran', () => {
  test('are all here, each with its trace', () => {
    expect(names.length).toBeGreaterThanOrEqual(210);
    const traces = readdirSync(new URL('traces/', oracle));
    expect(traces).toEqual(names.map((name) => `${name}.trace.gz`));
    const judged = JSON.parse(readFileSync(new URL('judged.json', oracle), 'utf8')) as object;
    expect(names).toEqual(expect.arrayContaining(Object.keys(judged)));
  });

  test.each(names)('%s parses, fits the schema and loses no call', (name) => {
    const text = read(name);
    const scenario = parseScenario(text, `${name}.yaml`);
    expect(scenario.name).toBe(name);
    expect(valid(parse(text)) ? null : valid.errors).toBeNull();
    const calls = [scenario.main, ...scenario.functions.values()].flatMap(callsOf);
    const words = text.replace(/^about:.*$/m, '').match(/[\w-]+/g) ?? [];
    const count = (list: readonly string[], word: string): number => list.filter((w) => w === word).length;
    for (const call of CALL_SPECS.keys()) {
      // `yield` is also what a user process does
      if (call !== 'yield') expect({ call, times: count(calls, call) }).toEqual({ call, times: count(words, call) });
    }
  });
});

test('a recorded trace can be read back', () => {
  const trace = gunzipSync(readFileSync(new URL('traces/kthread-run-stop.trace.gz', oracle))).toString();
  expect(trace).toContain('km main > fn main');
});
