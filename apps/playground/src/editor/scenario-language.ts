import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Diagnostic, LintSource } from '@codemirror/lint';
import {
  ARGUMENT_KINDS,
  CALLS,
  ScenarioError,
  parseScenario,
  type ArgumentKind,
  type CallSpec,
} from '@kernel-model/scenario';
import { diagnosticAt } from './setup.ts';

const KEYS: readonly [string, string][] = [
  ['name', 'of the scenario'],
  ['about', 'one sentence'],
  ['machine', '{ cpus: 2, preempt: voluntary }'],
  ['main', 'what km_main runs'],
  ['main_cpu', 'CPU of km_main; -1 for any'],
  ['completions', 'list of names'],
  ['mutexes', 'list of names'],
  ['waitqueues', 'list of names'],
  ['workers', 'list of names'],
  ['vars', 'name: initial value'],
  ['workqueues', 'name: { flags, max_active }'],
  ['works', 'name: { fn, kind }'],
  ['functions', 'name: list of statements'],
  ['users', 'user processes'],
];

const STATEMENTS: readonly Completion[] = [
  { label: 'while', apply: 'while: ', detail: 'CONDITION, do: [...]', type: 'keyword' },
  { label: 'if', apply: 'if: ', detail: 'CONDITION, then: [...], else: [...]', type: 'keyword' },
  { label: 'repeat', apply: 'repeat: ', detail: 'N, do: [...]', type: 'keyword' },
];

const WORDS: Readonly<Partial<Record<ArgumentKind, readonly string[]>>> = {
  state: ['TASK_RUNNING', 'TASK_INTERRUPTIBLE', 'TASK_UNINTERRUPTIBLE', 'TASK_IDLE'],
  policy: ['SCHED_NORMAL', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_IDLE', 'SCHED_DEADLINE'],
  signal: ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'],
};

/** What the parser has against a scenario. */
export const scenarioErrors: LintSource = (view): Diagnostic[] => {
  try {
    parseScenario(view.state.doc.toString(), 'scenario.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.problems.map(({ line, column, message }) => diagnosticAt(view.state, line, column, message));
  }
};

/** Keys of a scenario, its calls, and the names that it declares. */
export function scenarioCompletions(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const word = /[\w-]*$/.exec(before)![0];
  const from = context.pos - word.length;
  if (word === '' && !context.explicit && !/[:[,-]\s*$/.test(before)) return null;
  const head = before.slice(0, before.length - word.length);
  const call = /(?:^|[-\s[{])(\w+):\s*(\[[^\]]*)?$/.exec(head);
  const spec = call === null ? undefined : (CALLS as Readonly<Record<string, CallSpec>>)[call[1]!];
  if (spec !== undefined) {
    const index = call![2] === undefined ? 0 : call![2].split(',').length - 1;
    const kind = spec.args[index];
    return kind === undefined ? null : { from, options: namesOf(kind, context.state.doc.toString()) };
  }
  if (head === '') return { from, options: KEYS.map(([label, detail]) => ({ label, detail, apply: `${label}: ` })) };
  if (/(?:-\s+|\[\s*|,\s*)$/.test(head)) return { from, options: [...STATEMENTS, ...CALL_COMPLETIONS] };
  if (/(?:while|if|not):\s*$/.test(head)) {
    return {
      from,
      options: ['kthread_should_stop', 'kthread_should_park', 'signal_pending'].map((label) => ({ label })),
    };
  }
  return null;
}

const CALL_COMPLETIONS: readonly Completion[] = Object.entries(CALLS).map(([label, { about, args }]) => ({
  label,
  apply: args.length === 0 ? label : args.length === 1 ? `${label}: ` : `${label}: [`,
  detail: args.map((kind) => ARGUMENT_KINDS[kind].letter).join(', '),
  info: about,
  type: 'function',
}));

/** What may stand for an argument: words of the language, or names that the text declares. */
function namesOf(kind: ArgumentKind, text: string): Completion[] {
  const words = WORDS[kind];
  if (words !== undefined) return words.map((label) => ({ label }));
  const listed = (key: string): string[] => {
    const found = new RegExp(`^${key}:\\s*\\[([^\\]]*)\\]`, 'm').exec(text)?.[1] ?? '';
    return found.split(',').map((name) => name.trim());
  };
  const keyed = (key: string): string[] => {
    const block = new RegExp(`^${key}:\\s*\\n((?:[ \\t]+.*\\n?|\\s*\\n)*)`, 'm').exec(text)?.[1] ?? '';
    return [...block.matchAll(/^ {2}([\w./-]+):/gm)].map((match) => match[1]!);
  };
  const threads = (): string[] =>
    [...text.matchAll(/kthread_(?:create|run|create_on_cpu):\s*\[\s*([\w./-]+)/g)].map((m) => m[1]!);
  const names: Readonly<Partial<Record<ArgumentKind, () => string[]>>> = {
    thread: threads,
    'thread-or-self': () => ['self', ...threads()],
    function: () => keyed('functions'),
    completion: () => listed('completions'),
    mutex: () => listed('mutexes'),
    waitqueue: () => listed('waitqueues'),
    worker: () => listed('workers'),
    var: () => keyed('vars'),
    work: () => keyed('works'),
    workqueue: () => keyed('workqueues'),
  };
  return [...new Set(names[kind]?.() ?? [])].filter((name) => name !== '').map((label) => ({ label }));
}
