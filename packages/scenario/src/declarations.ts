import type { Node } from 'yaml';
import { isScalar } from 'yaml';
import { readCpu } from './arguments.ts';
import { ARGUMENT_KINDS } from './calls.ts';
import { DECLARED_UNDER } from './names.ts';
import type { DeclaredKind, Names } from './names.ts';
import type { Entry, NodeReader } from './node-reader.ts';
import { clip, describe } from './node-reader.ts';
import type {
  DaemonSpec,
  MachineSpec,
  Position,
  UserOp,
  UserSpec,
  UserThreadSpec,
  WorkSpec,
  WorkqueueSpec,
} from './program.ts';
import { didYouMean } from './suggest.ts';
import { DEFAULT_CPUS, MAX_CPUS, PREEMPT_MODES, USER_OPS, WORKQUEUE_FLAGS, WORK_KINDS } from './words.ts';
import type { PreemptMode, WorkKind, WorkqueueFlag } from './words.ts';

/** Range of `max_active`; the kernel itself clamps what is too large. */
export const MAX_ACTIVE_RANGE: readonly [min: number, max: number] = [0, 2 ** 31 - 1];

/** Longest comm of a user process: it is found by it, and the kernel cuts comms there. @linux TASK_COMM_LEN */
export const MAX_USER_NAME = 15;

/** `spin:US`, `sleep:US`, `munmap:PAGES` or `yield`. */
export const USER_OP_PATTERN = '^(?:yield|(?:spin|sleep|munmap):[0-9]{1,9})$';

const USER_OP = new RegExp(USER_OP_PATTERN);

/** `machine`. */
export function readMachine(reader: NodeReader, node: Node | null, at: Position): MachineSpec {
  let cpus: number = DEFAULT_CPUS;
  let preempt: PreemptMode = 'voluntary';
  for (const e of knownEntries(reader, node, 'machine', at, ['cpus', 'preempt'])) {
    if (e.key === 'cpus') cpus = reader.integer(e.value, 'cpus', e.valueAt, [1, MAX_CPUS]) ?? MAX_CPUS;
    else preempt = reader.word(e.value, 'preempt', e.valueAt, PREEMPT_MODES) ?? preempt;
  }
  return { cpus, preempt };
}

/** `completions`, `mutexes`, `waitqueues`, `workers`. */
export function readNameList(
  reader: NodeReader,
  names: Names,
  kind: DeclaredKind,
  node: Node | null,
  at: Position,
): void {
  const items = reader.items(node, `${DECLARED_UNDER[kind]} (a list of names)`, at);
  if (items === null) names.unreadable(kind);
  for (const item of items ?? []) {
    const name = reader.name(item.node, `the name of ${ARGUMENT_KINDS[kind].what}`, item.at);
    if (name !== null) names.declare(kind, name, item.at);
  }
}

/** `vars`. */
export function readVars(reader: NodeReader, names: Names, node: Node | null, at: Position): Map<string, number> {
  const vars = new Map<string, number>();
  for (const e of declaredEntries(reader, names, 'var', node, at)) {
    vars.set(
      e.key,
      e.value === null
        ? 0
        : (reader.integer(e.value, `the initial value of ${e.key}`, e.valueAt, ARGUMENT_KINDS.int.range!) ?? 0),
    );
  }
  return vars;
}

/** `workqueues`. */
export function readWorkqueues(
  reader: NodeReader,
  names: Names,
  node: Node | null,
  at: Position,
): Map<string, WorkqueueSpec> {
  const workqueues = new Map<string, WorkqueueSpec>();
  for (const e of declaredEntries(reader, names, 'workqueue', node, at)) {
    let maxActive = 0;
    const flags: WorkqueueFlag[] = [];
    for (const option of knownEntries(reader, e.value, `the workqueue ${e.key}`, e.valueAt, ['flags', 'max_active'])) {
      if (option.key === 'max_active') {
        maxActive = reader.integer(option.value, 'max_active', option.valueAt, MAX_ACTIVE_RANGE) ?? 0;
        continue;
      }
      for (const item of reader.items(option.value, 'flags', option.valueAt) ?? []) {
        const flag = reader.word(item.node, 'a flag', item.at, WORKQUEUE_FLAGS);
        if (flag && !flags.includes(flag)) flags.push(flag);
      }
    }
    workqueues.set(e.key, { flags, maxActive });
  }
  return workqueues;
}

/** `works`; the functions must be declared already. */
export function readWorks(
  reader: NodeReader,
  names: Names,
  node: Node | null,
  at: Position,
): ReadonlyMap<string, WorkSpec> {
  for (const e of declaredEntries(reader, names, 'work', node, at)) {
    if (e.key === 'main')
      reader.problem(
        'SCENARIO_NAME',
        e.at,
        'a work cannot be named main: the marks of the thread that runs main bear that name',
      );
    let fn: string | null = null;
    let kind: WorkKind = 'work';
    const options = knownEntries(reader, e.value, `the work ${e.key}`, e.valueAt, ['fn', 'kind']);
    if (!options.some((o) => o.key === 'fn'))
      reader.problem('SCENARIO_MISSING_KEY', e.at, `the work ${e.key} needs fn, the function it runs: {fn: FUNCTION}`);
    for (const option of options) {
      if (option.key === 'kind') kind = reader.word(option.value, 'kind', option.valueAt, WORK_KINDS) ?? kind;
      else fn = reader.text(option.value, 'fn', option.valueAt);
      if (option.key === 'fn' && fn !== null) names.use('function', fn, `the work ${e.key}`, option.valueAt);
    }
    if (fn !== null) names.works.set(e.key, { fn, kind });
  }
  return names.works;
}

/** `users`. */
export function readUsers(
  reader: NodeReader,
  names: Names,
  machine: MachineSpec,
  node: Node | null,
  at: Position,
): UserSpec[] {
  const users: UserSpec[] = [];
  const items = reader.items(node, 'users', at);
  if (items === null) names.unreadable('user');
  for (const item of items ?? []) {
    let name: string | null = null;
    let cpu = -1;
    let ops: UserOp[] | null = null;
    let threads: UserThreadSpec[] = [];
    const entries = knownEntries(reader, item.node, 'a user process', item.at, ['name', 'cpu', 'ops', 'threads']);
    for (const e of entries) {
      if (e.key === 'name') name = reader.name(e.value, 'the name of a user process', e.valueAt);
      else if (e.key === 'cpu')
        cpu = readCpu({ reader, machine }, 'the cpu of a user process', e.value, e.valueAt, -1) ?? -1;
      else if (e.key === 'ops') ops = readUserOps(reader, e.value, e.valueAt);
      else threads = readUserThreads(reader, machine, e.value, e.valueAt);
      if (e.key !== 'name' || name === null) continue;
      if (name.length > MAX_USER_NAME)
        reader.problem(
          'SCENARIO_NAME',
          e.valueAt,
          `the name of a user process may have ${MAX_USER_NAME} characters, as a comm, not ${name.length}`,
        );
      names.declare('user', name, e.valueAt);
    }
    for (const key of ['name', 'ops']) {
      if (!entries.some((e) => e.key === key))
        reader.problem(
          'SCENARIO_MISSING_KEY',
          item.at,
          `a user process needs ${key}: {name: NAME, cpu: CPU, ops: [...]}`,
        );
    }
    if (name !== null && ops !== null) users.push({ name, cpu, ops, threads });
  }
  return users;
}

function readUserThreads(reader: NodeReader, machine: MachineSpec, node: Node | null, at: Position): UserThreadSpec[] {
  const threads: UserThreadSpec[] = [];
  const what = 'a thread of a user process';
  for (const item of reader.items(node, 'threads', at) ?? []) {
    let cpu = -1;
    let ops: UserOp[] | null = null;
    for (const e of knownEntries(reader, item.node, what, item.at, ['cpu', 'ops'])) {
      if (e.key === 'cpu') cpu = readCpu({ reader, machine }, `the cpu of ${what}`, e.value, e.valueAt, -1) ?? -1;
      else ops = readUserOps(reader, e.value, e.valueAt);
    }
    if (ops === null) reader.problem('SCENARIO_MISSING_KEY', item.at, `${what} needs ops: {cpu: CPU, ops: [...]}`);
    else threads.push({ cpu, ops });
  }
  return threads;
}

function readUserOps(reader: NodeReader, node: Node | null, at: Position): UserOp[] {
  const ops: UserOp[] = [];
  for (const item of reader.items(node, 'ops', at) ?? []) {
    const text = isScalar(item.node) && typeof item.node.value === 'string' ? item.node.value : null;
    const [word = '', amount = '0'] = text?.split(':') ?? [];
    const kind = USER_OPS.find((k) => k === word);
    if (text !== null && kind && USER_OP.test(text)) ops.push({ kind, amount: Number(amount) });
    else
      reader.problem(
        'SCENARIO_SHAPE',
        item.at,
        `an op is spin:US, sleep:US, munmap:PAGES or yield (without blanks), not ${describe(item.node)}${didYouMean(word, USER_OPS)}`,
      );
  }
  return ops;
}

/** The entries of a map of declarations, each noted under its name. */
function declaredEntries(
  reader: NodeReader,
  names: Names,
  kind: DeclaredKind,
  node: Node | null,
  at: Position,
): Entry[] {
  const entries = reader.entries(node, DECLARED_UNDER[kind], at);
  if (entries === null) names.unreadable(kind);
  return (entries ?? []).filter(
    (e) =>
      reader.checkName(e.key, `the name of ${ARGUMENT_KINDS[kind].what}`, e.at) && names.declare(kind, e.key, e.at),
  );
}

/** `daemons`: what to load, with values for the options of each. */
export function readDaemons(reader: NodeReader, node: Node | null, at: Position): DaemonSpec[] {
  return (reader.entries(node, 'daemons', at) ?? []).map((e) => {
    const params = new Map<string, number | boolean | string>();
    for (const option of reader.entries(e.value, `the options of ${clip(e.key)}`, e.valueAt) ?? []) {
      const value = reader.value(option.value, `the option ${clip(option.key)}`, option.valueAt);
      if (value !== null) params.set(option.key, value);
    }
    return { use: e.key, params: Object.fromEntries(params), at: e.at };
  });
}

/** The entries of a map with fixed keys; a problem for each other one. */
function knownEntries(
  reader: NodeReader,
  node: Node | null,
  what: string,
  at: Position,
  keys: readonly string[],
): Entry[] {
  return (reader.entries(node, what, at) ?? []).filter((e) => {
    const known = keys.includes(e.key);
    if (!known)
      reader.problem(
        'SCENARIO_UNKNOWN_KEY',
        e.at,
        `${what} has no key ${JSON.stringify(clip(e.key))}${didYouMean(e.key, keys)}; it has ${keys.join(', ')}`,
      );
    return known;
  });
}
