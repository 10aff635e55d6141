import { Ajv, type ErrorObject } from 'ajv';

/** One option of a daemon: a JSON Schema for a single value. Options are to a daemon what parameters are to a module. */
export interface OptionSchema {
  readonly type: 'integer' | 'number' | 'boolean' | 'string';
  /** For people: what it is, in which unit. */
  readonly description?: string;
  /** Used if the option is not given. Without a default the option is undefined then. */
  readonly default?: number | boolean | string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly (number | string)[];
  /** A regular expression, for strings. */
  readonly pattern?: string;
}

/** The options of a daemon, by name. */
export type OptionsSchema = Readonly<Record<string, OptionSchema>>;

/** The values that a schema admits, with defaults filled in. */
export type OptionsOf<S extends OptionsSchema> = {
  readonly [K in keyof S]: S[K] extends { readonly default: number | boolean | string }
    ? ValueOf<S[K]>
    : ValueOf<S[K]> | undefined;
};

type ValueOf<O extends OptionSchema> = O extends { readonly enum: readonly (infer V)[] }
  ? V
  : O['type'] extends 'integer' | 'number'
    ? number
    : O['type'] extends 'boolean'
      ? boolean
      : string;

/** Values for options, as a user gives them: text is understood, as on the command line of insmod. */
export type Params = Readonly<Record<string, number | boolean | string>>;

/** What {@link parseOptions} found. */
export interface ParsedOptions {
  readonly values: Record<string, number | boolean | string>;
  /** Names that the daemon does not have. */
  readonly unknown: readonly string[];
  /** What is wrong, in words; empty if the values can be used. */
  readonly errors: readonly string[];
}

/** Made once: it takes longer than everything that it is used for. */
const AJV = /* @__PURE__ */ new Ajv({ useDefaults: true, coerceTypes: true, allErrors: true });

/** The JSON Schema of a daemon's options as a whole, for editors and forms. */
export function optionsJsonSchema(schema: OptionsSchema): { readonly [keyword: string]: unknown } {
  return { type: 'object', properties: schema, additionalProperties: false };
}

/**
 * Check values against a schema, fill in defaults, and turn text into what the schema wants.
 * @linux kernel/params.c parse_args()
 */
export function parseOptions(schema: OptionsSchema, params: Params): ParsedOptions {
  const values: Record<string, number | boolean | string> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    const option = Object.hasOwn(schema, name) ? schema[name] : undefined;
    if (option === undefined) unknown.push(name);
    else values[name] = option.type === 'boolean' ? toBoolean(value) : value;
  }
  const validate = AJV.compile(optionsJsonSchema(schema));
  const ok = validate(values);
  return { values, unknown, errors: ok ? [] : (validate.errors ?? []).map((e) => describe(e, params)) };
}

/** @returns undefined, or what is wrong with the schema itself */
export function schemaError(schema: OptionsSchema): string | undefined {
  try {
    AJV.compile(optionsJsonSchema(schema));
  } catch (error) {
    return (error as Error).message;
  }
  for (const [name, option] of Object.entries(schema)) {
    if (option.default === undefined) continue;
    const { errors } = parseOptions({ [name]: option }, { [name]: option.default });
    if (errors.length > 0) return `the default does not fit: ${errors[0]}`;
  }
  return undefined;
}

function describe(e: ErrorObject, params: Params): string {
  const name = e.instancePath.slice(1);
  const allowed =
    e.keyword === 'enum' ? `: ${(e.params as { allowedValues: unknown[] }).allowedValues.join(', ')}` : '';
  return `\`${String(params[name] ?? '')}' invalid for parameter \`${name}': it ${e.message ?? 'is wrong'}${allowed}`;
}

/** @linux lib/kstrtox.c kstrtobool() */
function toBoolean(value: number | boolean | string): number | boolean | string {
  const text = String(value).toLowerCase();
  if (['y', 'yes', 'on', '1', 't', 'true'].includes(text)) return true;
  if (['n', 'no', 'off', '0', 'f', 'false'].includes(text)) return false;
  return value;
}
