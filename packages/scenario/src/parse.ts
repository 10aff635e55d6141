import type { Node } from 'yaml';
import { readCpu } from './arguments.ts';
import {
  readDaemons,
  readMachine,
  readNameList,
  readUsers,
  readVars,
  readWorkqueues,
  readWorks,
} from './declarations.ts';
import { parseYaml } from './document.ts';
import { Problems } from './errors.ts';
import { DECLARED_UNDER, Names } from './names.ts';
import type { DeclaredKind } from './names.ts';
import { NodeReader, clip, describe } from './node-reader.ts';
import type { Entry } from './node-reader.ts';
import type { MachineSpec, Position, Scenario, Statement } from './program.ts';
import { StatementReader } from './statements.ts';
import { didYouMean } from './suggest.ts';
import { readText } from './utf8.ts';

/** The keys of a scenario file. */
export const SCENARIO_KEYS = [
  'name',
  'about',
  'machine',
  'main_cpu',
  'completions',
  'mutexes',
  'waitqueues',
  'workers',
  'vars',
  'workqueues',
  'works',
  'users',
  'daemons',
  'functions',
  'main',
] as const;

const START: Position = { line: 1, column: 1 };

/**
 * Read and check a scenario. Nothing of the text is ever used as code or as the key of an object.
 *
 * `file` is for messages and for the name of a scenario without one; `machine` overrides what the file asks for, so that
 * CPUs are checked against the machine that will run it.
 *
 * @throws ScenarioError with up to ten problems, each with line, column and what would be right
 */
export function parseScenario(source: string | Uint8Array, file: string, machine: Partial<MachineSpec> = {}): Scenario {
  const problems = new Problems(file);
  const yaml = parseYaml(readText(source, file), problems);
  const reader = new NodeReader(yaml, problems);
  const root = reader.resolve(yaml.root);
  const sections = new Map<string, Entry>();
  if (root === null)
    problems.add('SCENARIO_EMPTY_MAIN', START, 'the file is empty; a scenario needs at least main: [...]');
  for (const entry of reader.entries(root, 'a scenario', root === null ? START : reader.at(root)) ?? []) {
    if ((SCENARIO_KEYS as readonly string[]).includes(entry.key)) sections.set(entry.key, entry);
    else
      problems.add(
        'SCENARIO_UNKNOWN_KEY',
        entry.at,
        `a scenario has no key ${JSON.stringify(clip(entry.key))}${didYouMean(entry.key, SCENARIO_KEYS)}; it has ${SCENARIO_KEYS.join(', ')}`,
      );
  }
  // whatever the root is if not a map has been said; nothing more can be
  if (sections.size === 0) problems.check();
  const scenario = readSections(reader, sections, file, machine);
  problems.check();
  return scenario;
}

function readSections(
  reader: NodeReader,
  sections: ReadonlyMap<string, Entry>,
  file: string,
  override: Partial<MachineSpec>,
): Scenario {
  const names = new Names(reader);
  const node = (key: string): Node | null => sections.get(key)?.value ?? null;
  const at = (key: string): Position => sections.get(key)?.valueAt ?? START;
  const machine = { ...readMachine(reader, node('machine'), at('machine')), ...override };
  const mainCpu =
    node('main_cpu') === null ? 0 : readCpu({ reader, machine }, 'main_cpu', node('main_cpu'), at('main_cpu'), -1);
  for (const kind of ['completion', 'mutex', 'waitqueue', 'worker'] as const) {
    const key = DECLARED_UNDER[kind];
    readNameList(reader, names, kind, node(key), at(key));
  }
  const vars = readVars(reader, names, node('vars'), at('vars'));
  const workqueues = readWorkqueues(reader, names, node('workqueues'), at('workqueues'));
  const users = readUsers(reader, names, machine, node('users'), at('users'));
  const daemons = readDaemons(reader, node('daemons'), at('daemons'));
  const bodies = readFunctionNames(reader, names, node('functions'), at('functions'));
  const works = readWorks(reader, names, node('works'), at('works'));
  const statements = new StatementReader(reader, names, machine);
  const main = readMain(reader, statements, sections);
  const functions = new Map(
    bodies.map((e) => [e.key, statements.block(e.value, `the function ${e.key}`, e.valueAt)] as const),
  );
  names.checkThreads();
  const list = (kind: DeclaredKind): string[] => names.list(kind);
  return {
    name: sections.has('name') ? (reader.text(node('name'), 'name', at('name')) ?? '') : baseName(file),
    about: node('about') === null ? '' : (reader.text(node('about'), 'about', at('about')) ?? ''),
    file,
    machine,
    mainCpu: mainCpu ?? 0,
    completions: list('completion'),
    mutexes: list('mutex'),
    waitqueues: list('waitqueue'),
    workers: list('worker'),
    threads: names.threads(),
    vars,
    workqueues,
    works,
    functions,
    main,
    users,
    daemons,
  };
}

function readMain(reader: NodeReader, statements: StatementReader, sections: ReadonlyMap<string, Entry>): Statement[] {
  const entry = sections.get('main');
  if (!entry)
    reader.problem('SCENARIO_EMPTY_MAIN', START, 'a scenario needs main: [...], the statements that km_main runs');
  else if (entry.value === null)
    reader.problem('SCENARIO_EMPTY_MAIN', entry.at, 'main is empty; it needs at least one statement');
  else {
    const items = statements.block(entry.value, 'main', entry.valueAt);
    if (describe(entry.value) === 'a list' && reader.items(entry.value, 'main', entry.at)?.length === 0) {
      reader.problem('SCENARIO_EMPTY_MAIN', entry.at, 'main is empty; it needs at least one statement');
    }
    return items;
  }
  return [];
}

/** Names first, bodies later: a body may use any function. */
function readFunctionNames(reader: NodeReader, names: Names, node: Node | null, at: Position): Entry[] {
  const entries = reader.entries(node, 'functions', at);
  if (entries === null) names.unreadable('function');
  return (entries ?? []).filter((e) => {
    if (e.key === 'main') reader.problem('SCENARIO_NAME', e.at, 'main stands beside functions, not among them');
    return (
      e.key !== 'main' &&
      reader.checkName(e.key, 'the name of a function', e.at) &&
      names.declare('function', e.key, e.at)
    );
  });
}

/** The file's name without directory and ending. */
function baseName(file: string): string {
  const last = file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
  return last.replace(/\.ya?ml$/i, '');
}
