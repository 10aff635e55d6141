import { ARGUMENT_KINDS, CALL_SPECS } from './calls.ts';
import type { ArgumentKind, CallSpec } from './calls.ts';
import { MAX_ACTIVE_RANGE, MAX_USER_NAME, USER_OP_PATTERN } from './declarations.ts';
import { NAME_PATTERN } from './node-reader.ts';
import { REPEAT_RANGE } from './statements.ts';
import {
  DEFAULT_CPUS,
  FLAG_CONDITIONS,
  MAX_CPUS,
  POLICIES,
  PREEMPT_MODES,
  SIGNALS,
  TASK_STATES,
  WORKQUEUE_FLAGS,
  WORK_KINDS,
} from './words.ts';

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * The JSON Schema (draft-07) of a scenario file, for editors; `schema.json` of this package has the same. What a schema cannot say
 * (declared names, kinds of works, CPUs of the machine, endless loops) only {@link parseScenario} checks.
 */
export const scenarioSchema: JsonSchema = /* @__PURE__ */ makeSchema();

function makeSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://kernel-model.dev/scenario.schema.json',
    title: 'kernel-model scenario',
    description: 'A small program in the vocabulary of the kernel, run by kmodel and by a real kernel alike',
    ...closedMap(
      {
        name: { type: 'string', description: "The file's name without ending" },
        about: { type: 'string', description: 'One sentence' },
        machine: {
          ...orEmpty(
            closedMap({
              cpus: { ...integer([1, MAX_CPUS]), default: DEFAULT_CPUS },
              preempt: { enum: PREEMPT_MODES, default: 'voluntary' },
            }),
          ),
          description: 'The machine it runs on',
        },
        main_cpu: { ...integer([-1, MAX_CPUS - 1]), default: 0, description: 'CPU that main is bound to; -1 for none' },
        completions: nameList('Completions'),
        mutexes: nameList('Mutexes'),
        waitqueues: nameList('Wait queues'),
        workers: nameList('Kthread workers'),
        vars: nameMap('Variables and their initial values', orEmpty(argument('int'))),
        workqueues: nameMap('Workqueues, made by alloc_workqueue', orEmpty(workqueue())),
        works: nameMap('Works', closedMap({ fn: ref('name'), kind: { enum: WORK_KINDS, default: 'work' } }, ['fn'])),
        users: {
          ...orEmpty({ type: 'array', items: user() }),
          description: 'User processes; they start together with main',
        },
        daemons: {
          description: 'Daemons to load before main, by file, package or example, with values for their options',
          type: ['object', 'null'],
          additionalProperties: orEmpty({
            type: 'object',
            additionalProperties: { type: ['string', 'number', 'boolean'] },
          }),
        },
        functions: {
          ...nameMap('What threads and works run', ref('block')),
          propertyNames: { allOf: [ref('name'), { not: { const: 'main' } }] },
        },
        main: { type: 'array', minItems: 1, items: ref('statement'), description: 'What the thread km_main runs' },
      },
      ['main'],
    ),
    definitions: {
      name: { type: 'string', pattern: NAME_PATTERN },
      block: block(),
      statement: statement(),
      condition: condition(),
    },
  };
}

function workqueue(): JsonSchema {
  return closedMap({
    flags: orEmpty({ type: 'array', items: { enum: WORKQUEUE_FLAGS } }),
    max_active: { ...integer(MAX_ACTIVE_RANGE), default: 0 },
  });
}

function user(): JsonSchema {
  const name = { type: 'string', pattern: NAME_PATTERN, maxLength: MAX_USER_NAME };
  const cpu = { ...integer([-1, MAX_CPUS - 1]), default: -1 };
  const ops = orEmpty({ type: 'array', items: { type: 'string', pattern: USER_OP_PATTERN } });
  const threads = orEmpty({ type: 'array', items: closedMap({ cpu, ops }, ['ops']) });
  return closedMap({ name, cpu, ops, threads }, ['name', 'ops']);
}

function block(): JsonSchema {
  return orEmpty({ type: 'array', items: ref('statement') });
}

function statement(): JsonSchema {
  const calls = [...CALL_SPECS];
  const bare = calls.filter(([, spec]) => spec.args.length === spec.optional).map(([name]) => name);
  const withArguments = closedMap(Object.fromEntries(calls.map(([name, spec]) => [name, callArguments(spec)])));
  return {
    anyOf: [
      { enum: bare },
      { ...withArguments, minProperties: 1, maxProperties: 1 },
      closedMap({ while: ref('condition'), do: ref('block') }, ['while', 'do']),
      closedMap({ if: ref('condition'), then: ref('block'), else: ref('block') }, ['if', 'then']),
      closedMap({ repeat: integer(REPEAT_RANGE), do: ref('block') }, ['repeat', 'do']),
    ],
  };
}

/** The arguments as a list, and where it may be one or none, that alone. */
function callArguments(spec: CallSpec): JsonSchema {
  const { args, optional } = spec;
  const least = args.length - optional;
  const list = {
    type: 'array',
    ...(args.length > 0 && { items: args.map(argument) }),
    minItems: least,
    maxItems: args.length,
    ...(args.length > 0 && { additionalItems: false }),
  };
  const forms: JsonSchema[] = [list];
  if (least <= 1 && args[0]) forms.push(argument(args[0]));
  if (least === 0) forms.push({ type: 'null' });
  return { description: spec.about, ...(forms.length === 1 ? list : { anyOf: forms }) };
}

function argument(kind: ArgumentKind): JsonSchema {
  const { what, range } = ARGUMENT_KINDS[kind];
  if (kind === 'state') return { description: what, enum: TASK_STATES };
  if (kind === 'policy') return { description: what, enum: POLICIES };
  if (kind === 'signal') return { description: what, anyOf: [{ enum: [...SIGNALS.keys()] }, integer(range!)] };
  return { description: what, ...(range ? integer(range) : ref('name')) };
}

function condition(): JsonSchema {
  const number = argument('int');
  return {
    anyOf: [
      { enum: FLAG_CONDITIONS },
      closedMap({ var: ref('name'), ge: number }, ['var', 'ge']),
      closedMap({ var: ref('name'), eq: number }, ['var', 'eq']),
      closedMap({ result: number }, ['result']),
      closedMap({ not: ref('condition') }, ['not']),
    ],
  };
}

function nameList(description: string): JsonSchema {
  return { ...orEmpty({ type: 'array', items: ref('name'), uniqueItems: true }), description };
}

function nameMap(description: string, values: JsonSchema): JsonSchema {
  return { description, type: ['object', 'null'], propertyNames: ref('name'), additionalProperties: values };
}

function closedMap(properties: JsonSchema, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

/** Nothing after the colon will do, too. */
function orEmpty(schema: JsonSchema): JsonSchema {
  return typeof schema['type'] === 'string'
    ? { ...schema, type: [schema['type'], 'null'] }
    : { anyOf: [schema, { type: 'null' }] };
}

function integer([minimum, maximum]: readonly [number, number]): JsonSchema {
  return { type: 'integer', minimum, maximum };
}

/** As the only member of `allOf`: draft-07 ignores what stands beside a `$ref`. */
function ref(definition: string): JsonSchema {
  return { allOf: [{ $ref: `#/definitions/${definition}` }] };
}
