import type { Node } from 'yaml';
import { isScalar, isSeq } from 'yaml';
import { ARGUMENT_KINDS, CALLS } from './calls.ts';
import type { ArgumentKind, CallName } from './calls.ts';
import { clip, describe } from './node-reader.ts';
import type { Position } from './program.ts';
import type { StatementReader } from './statements.ts';
import { didYouMean } from './suggest.ts';
import { POLICIES, SIGNALS, TASK_STATES } from './words.ts';

/** The name by which a call means the thread that makes it. */
export const SELF = 'self';

/** The checked arguments of a call, or null after noting what is wrong with them. */
export function readArguments(
  context: StatementReader,
  call: CallName,
  value: Node | null,
  at: Position,
): (string | number)[] | null {
  const { reader } = context;
  const { args: kinds, optional } = CALLS[call];
  const given = isSeq(value)
    ? reader.items(value, call, at)!
    : value === null
      ? []
      : [{ node: value, at: reader.at(value) }];
  if (given.length > kinds.length || given.length < kinds.length - optional) {
    reader.problem(
      'SCENARIO_ARGUMENTS',
      at,
      `${call} takes ${signature(call)}, but got ${given.length === 0 ? 'none' : given.length}`,
    );
    return null;
  }
  const values = kinds.map((kind, i) => {
    const argument = given[i];
    return argument ? readArgument(context, call, kind, argument.node, argument.at) : 0;
  });
  return values.some((v) => v === null) ? null : (values as (string | number)[]);
}

/** What a call takes, for messages: `2 arguments [THREAD, CPU]`. */
function signature(call: CallName): string {
  const { args, optional } = CALLS[call];
  if (args.length === 0) return 'no arguments';
  const letters = args.map((kind) => ARGUMENT_KINDS[kind].letter).join(', ');
  const count = optional > 0 ? `${args.length - optional} to ${args.length}` : `${args.length}`;
  return `${count} argument${args.length === 1 ? '' : 's'} [${letters}]`;
}

function readArgument(
  context: StatementReader,
  call: CallName,
  kind: ArgumentKind,
  node: Node | null,
  at: Position,
): string | number | null {
  const { reader } = context;
  const info = ARGUMENT_KINDS[kind];
  switch (kind) {
    case 'state':
      return reader.word(node, `the state of ${call}`, at, TASK_STATES);
    case 'policy':
      return reader.word(node, `the policy of ${call}`, at, POLICIES);
    case 'signal':
      return readSignal(context, call, node, at);
    case 'cpu':
      return readCpu(context, `the CPU of ${call}`, node, at);
    case 'mask':
    case 'ms':
    case 'us':
    case 'int':
      return reader.integer(node, `${info.what.replace(/^a /, 'the ')} of ${call}`, at, info.range!);
    default:
      return readName(context, call, kind, node, at);
  }
}

/** A CPU that the machine has, or null. */
export function readCpu(
  context: Pick<StatementReader, 'reader' | 'machine'>,
  what: string,
  node: Node | null,
  at: Position,
  min = 0,
): number | null {
  const { reader, machine } = context;
  const cpu = reader.integer(node, what, at, [-1, ARGUMENT_KINDS.int.range![1]]);
  if (cpu === null || (cpu >= min && cpu < machine.cpus)) return cpu;
  const range = machine.cpus === 1 ? 'only CPU 0' : `CPUs 0 to ${machine.cpus - 1}`;
  reader.problem('SCENARIO_RANGE', at, `${what} is ${cpu}, but the machine has ${range}; set cpus under machine`);
  return null;
}

function readSignal({ reader }: StatementReader, call: CallName, node: Node | null, at: Position): number | null {
  if (!isScalar(node) || typeof node.value !== 'string') {
    return reader.integer(node, `the signal of ${call}, if not a name like SIGTERM,`, at, ARGUMENT_KINDS.signal.range!);
  }
  const number = SIGNALS.get(node.value);
  if (number === undefined)
    reader.problem(
      'SCENARIO_ARGUMENTS',
      at,
      `there is no signal ${JSON.stringify(clip(node.value))}${didYouMean(node.value, SIGNALS.keys())}`,
    );
  return number ?? null;
}

function readName(
  { reader, names }: StatementReader,
  call: CallName,
  kind: Exclude<ArgumentKind, 'state' | 'policy' | 'signal' | 'cpu' | 'mask' | 'ms' | 'us' | 'int'>,
  node: Node | null,
  at: Position,
): string | null {
  const info = ARGUMENT_KINDS[kind];
  if (!isScalar(node) || typeof node.value !== 'string') {
    const hint = isScalar(node) ? '; put a name that looks like something else in quotes' : '';
    reader.problem('SCENARIO_ARGUMENTS', at, `${call} takes ${info.what} by name here, not ${describe(node)}${hint}`);
    return null;
  }
  const name = node.value;
  if (kind === 'thread' || kind === 'thread-or-self') {
    if (name === SELF) {
      if (kind === 'thread-or-self') return name;
      reader.problem('SCENARIO_ARGUMENTS', at, `${call} takes the name of a thread; self will not do here`);
      return null;
    }
    if (!CALLS[call].creates) names.useThread(name, call, at);
    else if (!reader.checkName(name, 'the name of a thread', at)) return null;
    else if (name === 'main') {
      reader.problem(
        'SCENARIO_NAME',
        at,
        'a thread cannot be named main: the marks of the thread that runs main bear that name',
      );
      return null;
    } else names.createThread(name);
    return name;
  }
  if (!names.use(kind, name, call, at)) return null;
  if (kind === 'work') {
    const allowed = CALLS[call].works;
    const work = names.works.get(name);
    if (work && allowed && !allowed.includes(work.kind)) {
      reader.problem(
        'SCENARIO_WRONG_KIND',
        at,
        `${call} takes a work of kind ${allowed.join(' or ')}, but ${name} is of kind ${work.kind}`,
      );
      return null;
    }
  }
  return name;
}
