import { ARGUMENT_KINDS } from './calls.ts';
import type { NodeReader } from './node-reader.ts';
import { clip } from './node-reader.ts';
import type { Position, WorkSpec } from './program.ts';
import { didYouMean } from './suggest.ts';

/** Kinds of things that a scenario declares by name. */
export type DeclaredKind =
  'function' | 'completion' | 'mutex' | 'waitqueue' | 'var' | 'worker' | 'work' | 'workqueue' | 'user';

/** The key of the file under which things of a kind are declared. */
export const DECLARED_UNDER: Readonly<Record<DeclaredKind, string>> = {
  function: 'functions',
  completion: 'completions',
  mutex: 'mutexes',
  waitqueue: 'waitqueues',
  var: 'vars',
  worker: 'workers',
  work: 'works',
  workqueue: 'workqueues',
  user: 'users',
};

/** All kinds, in the order in which they are asked for a name that was not found. */
const KINDS = Object.keys(DECLARED_UNDER) as DeclaredKind[];

/** What names a scenario declares, and which threads its calls make. */
export class Names {
  readonly #reader: NodeReader;
  readonly #names = new Map<DeclaredKind, Map<string, Position>>(KINDS.map((kind) => [kind, new Map()]));
  readonly #unreadable = new Set<DeclaredKind>();
  readonly #threads = new Set<string>();
  readonly #threadUses: { readonly name: string; readonly user: string; readonly at: Position }[] = [];
  /** Works by name. */
  readonly works: Map<string, WorkSpec> = new Map();
  constructor(reader: NodeReader) {
    this.#reader = reader;
  }

  /** Note a declaration; false, and a problem, if the name is taken. */
  declare(kind: DeclaredKind, name: string, at: Position): boolean {
    const names = this.#names.get(kind)!;
    const before = names.get(name);
    if (before) {
      this.#reader.problem(
        'SCENARIO_DUPLICATE_KEY',
        at,
        `${ARGUMENT_KINDS[kind].what.replace(/^an? /, 'the ')} ${name} is declared twice; the first is in line ${before.line}`,
      );
      return false;
    }
    names.set(name, at);
    return true;
  }

  /** The declarations of a kind could not be read: do not complain about names that may stand there. */
  unreadable(kind: DeclaredKind): void {
    this.#unreadable.add(kind);
  }

  /** Names of a kind in order of declaration. */
  list(kind: DeclaredKind): string[] {
    return [...this.#names.get(kind)!.keys()];
  }

  /** Whether the name is declared; a problem if not. `user` is what asks for it. */
  use(kind: DeclaredKind, name: string, user: string, at: Position): boolean {
    const names = this.#names.get(kind)!;
    if (names.has(name) || this.#unreadable.has(kind)) return true;
    const what = ARGUMENT_KINDS[kind].what;
    const other = this.#threads.has(name) ? 'a thread' : this.#otherKind(kind, name);
    if (other) this.#reader.problem('SCENARIO_WRONG_KIND', at, `${user} takes ${what}, but ${name} is ${other}`);
    else {
      const noun = what.replace(/^an? /, '');
      const hint = didYouMean(name, names.keys());
      this.#reader.problem(
        'SCENARIO_UNDECLARED',
        at,
        `there is no ${noun} ${JSON.stringify(clip(name))}${hint}; declare it under ${DECLARED_UNDER[kind]}`,
      );
    }
    return false;
  }

  /** A call makes this thread. */
  createThread(name: string): void {
    this.#threads.add(name);
  }

  /** A call uses this thread, which may be made further below. */
  useThread(name: string, user: string, at: Position): void {
    this.#threadUses.push({ name, user, at });
  }

  /** Names of all threads, in order of appearance of the calls that make them. */
  threads(): string[] {
    return [...this.#threads];
  }

  /** Problems for threads that no call makes. */
  checkThreads(): void {
    for (const { name, user, at } of this.#threadUses) {
      if (this.#threads.has(name)) continue;
      const other = this.#otherKind(null, name);
      if (other) this.#reader.problem('SCENARIO_WRONG_KIND', at, `${user} takes a thread, but ${name} is ${other}`);
      else {
        const hint = didYouMean(name, this.#threads);
        this.#reader.problem(
          'SCENARIO_UNDECLARED',
          at,
          `there is no thread ${JSON.stringify(clip(name))}${hint}; make it with kthread_create, kthread_run or kthread_create_on_cpu`,
        );
      }
    }
  }

  #otherKind(not: DeclaredKind | null, name: string): string | null {
    const kind = KINDS.find((k) => k !== not && this.#names.get(k)!.has(name));
    return kind ? ARGUMENT_KINDS[kind].what : null;
  }
}
