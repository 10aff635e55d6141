import { fail, type Command, type Invocation } from './command.ts';
import { parseArguments } from './arguments.ts';
import { inputText } from './filters.ts';
import { extendedRegExp } from './posix-regexp.ts';

/**
 * A part of awk: `PATTERN { print EXPRESSION, ... }`, sums such as `{ s += $2 } END { print s }`. What is more than that is
 * refused.
 */
export const AWK: Command = {
  name: 'awk',
  usage: "[-F C] '[PATTERN] {print $1, $NF}' [FILE...]",
  about: 'fields of lines; print, sums and patterns only',
  run: awk,
};

type Value = string | number;
type Expression = (env: Environment) => Value;
type Statement = (env: Environment, out: (text: string) => void) => void;

interface Rule {
  /** `BEGIN`, `END`, or for which lines. */
  readonly when: 'BEGIN' | 'END' | Expression;
  readonly statements: readonly Statement[];
}

interface Environment {
  /** The line, and from 1 on its fields. */
  fields: readonly string[];
  readonly variables: Map<string, Value>;
}

class AwkProblem extends Error {}

function awk(c: Invocation): number {
  const parsed = parseArguments(c.args, 'F:');
  if (typeof parsed === 'string') return fail(c, parsed, 2);
  const [program, ...files] = parsed.operands;
  if (program === undefined) return fail(c, `usage: awk ${AWK.usage}`, 2);
  let rules: Rule[];
  try {
    rules = new Parser(program).rules();
  } catch (error) {
    if (!(error instanceof AwkProblem || error instanceof SyntaxError)) throw error;
    return fail(c, `${error.message}; [PATTERN] {print EXPRESSION, ...} and sums are there, and no more`, 2);
  }
  const env: Environment = { fields: [''], variables: new Map<string, Value>([['NR', 0]]) };
  const out = (text: string): void => c.out(text);
  const run = (when: 'BEGIN' | 'END'): void => {
    for (const rule of rules) if (rule.when === when) for (const statement of rule.statements) statement(env, out);
  };
  run('BEGIN');
  if (rules.every((rule) => rule.when === 'BEGIN')) return 0;
  const text = inputText(c, files);
  if (text === null) return 2;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const separator = parsed.options.get('F');
  for (const [i, line] of lines.entries()) {
    env.fields = [line, ...fieldsOf(line, separator)];
    env.variables.set('NR', i + 1).set('NF', env.fields.length - 1);
    for (const { when, statements } of rules) {
      if (typeof when === 'string' || !truth(when(env))) continue;
      for (const statement of statements) statement(env, out);
    }
  }
  run('END');
  return 0;
}

function fieldsOf(line: string, separator: string | undefined): string[] {
  if (separator === undefined || separator === ' ') return line.split(/\s+/).filter((word) => word !== '');
  if (line === '') return [];
  return line.split(separator.length === 1 ? separator : extendedRegExp(separator, false, false));
}

function truth(value: Value): boolean {
  return typeof value === 'number' ? value !== 0 : value !== '' && !(numeric(value) && Number(value) === 0);
}

function numeric(value: Value): boolean {
  return typeof value === 'number' || /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(value);
}

function number(value: Value): number {
  return typeof value === 'number' ? value : parseFloat(value) || 0;
}

/** As OFMT has it. */
function text(value: Value): string {
  return typeof value === 'string' || Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

const TOKEN =
  /\s*(?:(\d+\.?\d*)|"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||\+=|\+\+|!~|[-+*/%<>!~(){};,$=]))/y;

/** A recursive descent parser. */
class Parser {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  rules(): Rule[] {
    const rules: Rule[] = [];
    for (;;) {
      this.#skip(';');
      if (this.#source.slice(this.#at).trim() === '') return rules;
      let when: Rule['when'] = () => 1;
      const word = /^\s*(BEGIN|END)\b/.exec(this.#source.slice(this.#at));
      if (word !== null) {
        when = word[1] as 'BEGIN' | 'END';
        this.#at += word[0].length;
      } else if (this.#peek() !== '{') when = this.#or();
      const statements = this.#peek() === '{' ? this.#block() : [print([])];
      rules.push({ when, statements });
    }
  }

  #block(): Statement[] {
    const statements: Statement[] = [];
    this.#expect('{');
    for (this.#skip(';'); this.#peek() !== '}'; this.#skip(';')) statements.push(this.#statement());
    this.#expect('}');
    return statements;
  }

  #statement(): Statement {
    const name = this.#token();
    if (!/^[A-Za-z_]\w*$/.test(name)) throw this.#problem(name);
    if (name === 'print') {
      const list: Expression[] = [];
      while (!['}', ';'].includes(this.#peek())) {
        list.push(this.#or());
        if (!this.#skip(',')) break;
      }
      return print(list);
    }
    const operator = this.#token();
    if (operator === '++') return add(name, () => 1);
    if (operator === '+=') return add(name, this.#or());
    if (operator !== '=') throw this.#problem(`${name} ${operator}`.trim());
    const value = this.#or();
    return (env) => void env.variables.set(name, value(env));
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#skip('||')) {
      const [a, b] = [left, this.#and()];
      left = (env) => Number(truth(a(env)) || truth(b(env)));
    }
    return left;
  }

  #and(): Expression {
    let left = this.#comparison();
    while (this.#skip('&&')) {
      const [a, b] = [left, this.#comparison()];
      left = (env) => Number(truth(a(env)) && truth(b(env)));
    }
    return left;
  }

  #comparison(): Expression {
    const a = this.#concatenation();
    const operator = this.#peek();
    if (operator === '~' || operator === '!~') {
      this.#token();
      const regexp = this.#regexp();
      return (env) => Number(text(a(env)).search(regexp) >= 0 === (operator === '~'));
    }
    const compare = COMPARISONS[operator];
    if (compare === undefined) return a;
    this.#token();
    const b = this.#concatenation();
    return (env) => {
      const [x, y] = [a(env), b(env)];
      const both = numeric(x) && numeric(y);
      return Number(compare(both ? number(x) - number(y) : text(x) < text(y) ? -1 : Number(text(x) > text(y))));
    };
  }

  #concatenation(): Expression {
    let left = this.#sum();
    while (/^["$(\w]/.test(this.#peek())) {
      const [a, b] = [left, this.#sum()];
      left = (env) => text(a(env)) + text(b(env));
    }
    return left;
  }

  #sum(): Expression {
    let left = this.#product();
    for (let sign = this.#peek(); sign === '+' || sign === '-'; sign = this.#peek()) {
      this.#token();
      const [a, b, plus] = [left, this.#product(), sign === '+'];
      left = (env) => number(a(env)) + (plus ? number(b(env)) : -number(b(env)));
    }
    return left;
  }

  #product(): Expression {
    let left = this.#primary();
    for (let sign = this.#peek(); sign === '*' || sign === '/' || sign === '%'; sign = this.#peek()) {
      this.#token();
      const [a, b, operator] = [left, this.#primary(), sign];
      left = (env) => {
        const [x, y] = [number(a(env)), number(b(env))];
        return operator === '*' ? x * y : operator === '/' ? x / y : x % y;
      };
    }
    return left;
  }

  #primary(): Expression {
    if (this.#peek() === '/') {
      const regexp = this.#regexp();
      return (env) => Number(env.fields[0]!.search(regexp) >= 0);
    }
    const token = this.#token();
    if (token === '(') {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    if (token === '!') {
      const inner = this.#primary();
      return (env) => Number(!truth(inner(env)));
    }
    if (token === '-') {
      const inner = this.#primary();
      return (env) => -number(inner(env));
    }
    if (token === '$') {
      const index = this.#primary();
      return (env) => env.fields[number(index(env))] ?? '';
    }
    if (token.startsWith('"')) {
      const value = token.slice(1).replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t' })[c] ?? c);
      return () => value;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (!/^[A-Za-z_]/.test(token)) throw this.#problem(token);
    if (this.#source[this.#at] === '(') throw this.#problem(`${token}(`);
    return (env) => env.variables.get(token) ?? '';
  }

  #regexp(): RegExp {
    const match = /^\s*\/((?:[^/\\]|\\.)*)\//.exec(this.#source.slice(this.#at));
    if (match === null) throw this.#problem(this.#peek());
    this.#at += match[0].length;
    return extendedRegExp(match[1]!, false, false);
  }

  /** A string begins with `"`; '' at the end. */
  #peek(): string {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#source);
    if (match === null) return this.#source.slice(this.#at).trim()[0] ?? '';
    return match[2] === undefined ? match[0].trim() : `"${match[2]}`;
  }

  #token(): string {
    const token = this.#peek();
    TOKEN.lastIndex = this.#at;
    if (TOKEN.exec(this.#source) === null) throw this.#problem(token);
    this.#at = TOKEN.lastIndex;
    return token;
  }

  #skip(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#token();
    return true;
  }

  #expect(token: string): void {
    const found = this.#peek();
    if (found !== token) throw this.#problem(found);
    this.#token();
  }

  #problem(found: string): AwkProblem {
    return new AwkProblem(found === '' ? 'the program ends too soon' : `cannot do \`${found}'`);
  }
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function print(list: readonly Expression[]): Statement {
  return (env, out) => out(`${list.length === 0 ? env.fields[0]! : list.map((of) => text(of(env))).join(' ')}\n`);
}

function add(name: string, value: Expression): Statement {
  return (env) => void env.variables.set(name, number(env.variables.get(name) ?? 0) + number(value(env)));
}
