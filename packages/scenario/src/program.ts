import type { CallName } from './calls.ts';
import type { FlagCondition, PreemptMode, UserOpKind, WorkKind, WorkqueueFlag } from './words.ts';

/** A checked scenario, ready to run: every name it uses is declared, every argument has its type and range. */
export interface Scenario {
  /** From `name`, else the file's name without directory and ending. */
  readonly name: string;
  /** One sentence, or empty. */
  readonly about: string;
  /** File it was read from, for messages. */
  readonly file: string;
  /** The machine it wants. */
  readonly machine: MachineSpec;
  /** CPU that `km_main` is bound to; -1 leaves it unbound. */
  readonly mainCpu: number;
  /** Names of the completions, in order of declaration. */
  readonly completions: readonly string[];
  /** Names of the mutexes. */
  readonly mutexes: readonly string[];
  /** Names of the wait queues. */
  readonly waitqueues: readonly string[];
  /** Names of the kthread workers. */
  readonly workers: readonly string[];
  /** Names of all threads that some `kthread_create...` makes, in order of appearance. */
  readonly threads: readonly string[];
  /** Initial values of the variables. */
  readonly vars: ReadonlyMap<string, number>;
  /** What `alloc_workqueue` is to make. */
  readonly workqueues: ReadonlyMap<string, WorkqueueSpec>;
  /** The works. */
  readonly works: ReadonlyMap<string, WorkSpec>;
  /** The bodies of the functions, `main` not among them. */
  readonly functions: ReadonlyMap<string, readonly Statement[]>;
  /** What `km_main` runs. */
  readonly main: readonly Statement[];
  /** User processes. */
  readonly users: readonly UserSpec[];
  /** Daemons that are loaded before `main` runs, in this order. */
  readonly daemons: readonly DaemonSpec[];
}

/** An entry of `daemons`. */
export interface DaemonSpec {
  /** A file (relative to the scenario's if it begins with a dot), a package, or an example: what it stands for is the caller's to know. */
  readonly use: string;
  /** Values for its options; the daemon checks them when it is loaded. */
  readonly params: Readonly<Record<string, number | boolean | string>>;
  /** Where it stands. */
  readonly at: Position;
}

/** `machine` of a scenario. */
export interface MachineSpec {
  /** Number of CPUs, 1 .. 64. */
  readonly cpus: number;
  /** Preemption model. */
  readonly preempt: PreemptMode;
}

/** An entry of `workqueues`. */
export interface WorkqueueSpec {
  /** Flags, each at most once, in the order of the file. */
  readonly flags: readonly WorkqueueFlag[];
  /** 0 asks for the default. */
  readonly maxActive: number;
}

/** An entry of `works`. */
export interface WorkSpec {
  /** Name of the function it runs. */
  readonly fn: string;
  /** Which struct of the kernel it is. */
  readonly kind: WorkKind;
}

/** An entry of `users`. */
export interface UserSpec {
  /** Its comm. */
  readonly name: string;
  /** CPU it is bound to; -1 for any. */
  readonly cpu: number;
  /** What it does, then it waits for its other threads and exits. */
  readonly ops: readonly UserOp[];
  /** Its other threads, which begin with it. */
  readonly threads: readonly UserThreadSpec[];
}

/** Another thread of a user process. */
export interface UserThreadSpec {
  /** CPU it is bound to; -1 for any. */
  readonly cpu: number;
  /** What it does, then it ends. */
  readonly ops: readonly UserOp[];
}

/** One thing a user process does. */
export interface UserOp {
  /** What. */
  readonly kind: UserOpKind;
  /** Microseconds of `spin` and `sleep`, pages of `munmap`, 0 for `yield`. */
  readonly amount: number;
}

/** One statement. */
export type Statement = CallStatement | WhileStatement | IfStatement | RepeatStatement;

/** Where something stands in the file. */
export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units. */
  readonly column: number;
}

/** A call. */
export interface CallStatement extends Position {
  readonly kind: 'call';
  /** Which. */
  readonly call: CallName;
  /**
   * As many as the call's `args`. Names of objects, states and policies are text, everything else is a number:
   * signals written by name arrive as their number, arguments left out as 0.
   */
  readonly args: readonly (string | number)[];
}

/** `while: COND` `do: [...]`. */
export interface WhileStatement extends Position {
  readonly kind: 'while';
  readonly condition: Condition;
  readonly body: readonly Statement[];
}

/** `if: COND` `then: [...]` `else: [...]`. */
export interface IfStatement extends Position {
  readonly kind: 'if';
  readonly condition: Condition;
  readonly then: readonly Statement[];
  /** Empty if there is none. */
  readonly otherwise: readonly Statement[];
}

/** `repeat: N` `do: [...]`. */
export interface RepeatStatement extends Position {
  readonly kind: 'repeat';
  /** At least 1. */
  readonly count: number;
  readonly body: readonly Statement[];
}

/** What `while` and `if` test. `negated` folds any number of `not`. */
export type Condition = FlagTest | VarTest | ResultTest;

/** `kthread_should_stop`, `kthread_should_park`, `signal_pending`. */
export interface FlagTest extends Position {
  readonly kind: FlagCondition;
  readonly negated: boolean;
}

/** `{var: V, ge: N}` or `{var: V, eq: N}`. */
export interface VarTest extends Position {
  readonly kind: 'var';
  readonly negated: boolean;
  readonly name: string;
  readonly operator: 'ge' | 'eq';
  readonly value: number;
}

/** `{result: N}`: the last call that returned a value returned this. */
export interface ResultTest extends Position {
  readonly kind: 'result';
  readonly negated: boolean;
  readonly value: number;
}
