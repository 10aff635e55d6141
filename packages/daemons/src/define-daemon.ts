import { UsageError, type MaySleep } from '@kernel-model/sim';
import type { DaemonContext } from './daemon-context.ts';
import type { Kernel } from './kernel.ts';
import type { LoopGuard } from './loop-guard.ts';
import { schemaError, type OptionsOf, type OptionsSchema } from './options.ts';

/** A kernel thread of a daemon. */
export interface ThreadSpec<D> {
  /** Of which ps shows all and traces show 15 characters. */
  readonly name: string;
  /** What it runs: it should end when kthread_should_stop() says so. What it returns is seen by kthread_stop() alone. */
  fn(d: D): MaySleep<number | void>;
  /** The one CPU that it may use; left out: any. */
  readonly cpu?: number;
  /** One thread on each CPU that is online; `%u` in the name becomes the CPU. */
  readonly perCpu?: boolean;
  /** -20 .. 19; default 0. */
  readonly nice?: number;
  /** `fifo`: SCHED_FIFO 50, as interrupt threads; `fifo_low`: SCHED_FIFO 1. */
  readonly policy?: 'normal' | 'fifo' | 'fifo_low';
}

/** Something that a daemon has done by a worker of the system's workqueue. */
export interface WorkSpec<D> {
  /** What the worker runs. */
  fn(d: D): MaySleep<unknown>;
  /** Given: runs by itself, so many ms after the daemon was loaded and after the end of each run. */
  readonly periodMs?: number | ((d: D) => number);
}

/** What {@link defineDaemon} is told. Everything but the name may be left out. */
export interface DaemonSpec<S extends OptionsSchema, T> {
  /** Name of the daemon, as rmmod and lsmod know it: letters, digits, `_` and `-`. */
  readonly name: string;
  /** One sentence. */
  readonly description?: string;
  /** What can be chosen when it is loaded. */
  readonly options?: S;
  /** Makes what the daemon's functions share; called once for each machine that it is loaded on. */
  state?(k: Kernel, options: OptionsOf<S>): T;
  /**
   * Prepares everything; threads and works come after it. A negative errno refuses: then nothing is left, and `exit` is
   * not called.
   */
  init?(d: DaemonContext<OptionsOf<S>, T>): MaySleep<number | void>;
  /** Puts away what `init` made; threads are stopped and works cancelled before. */
  exit?(d: DaemonContext<OptionsOf<S>, T>): MaySleep<void>;
  /** Kernel threads, started in this order after `init` and stopped in the opposite order. */
  readonly threads?: readonly ThreadSpec<DaemonContext<OptionsOf<S>, T>>[];
  /** Works by name: see {@link DaemonContext.work}. */
  readonly works?: Readonly<Record<string, WorkSpec<DaemonContext<OptionsOf<S>, T>>>>;
}

/** A daemon that can be loaded on any number of machines. Made by {@link defineDaemon}. */
export interface Daemon {
  /** Tells daemons from other objects. */
  readonly kind: typeof DAEMON_KIND;
  readonly name: string;
  readonly description: string;
  readonly options: OptionsSchema;
  /** What the maker said. */
  readonly spec: DaemonSpec<OptionsSchema, unknown>;
  /** Given: its code was prepared by `guardLoops()` and counts the rounds of its loops there. */
  readonly guard?: LoopGuard;
}

/** Value of {@link Daemon.kind}: the version of the contract. */
export const DAEMON_KIND = 'kernel-model/daemon/1';

/** The longest name of a module. @linux include/linux/module.h MODULE_NAME_LEN */
const MODULE_NAME_LEN = 55;

/**
 * Describe a daemon: what a kernel module is to Linux. It is loaded with `boot({ daemons: [it] })` or, on a running
 * machine, with `machine.insmod(it, params)`.
 *
 * ```ts
 * import { defineDaemon } from '@kernel-model/daemons';
 * import { msecsToJiffies } from '@kernel-model/scheduler';
 *
 * export const blinker = defineDaemon({
 *   name: 'blinker',
 *   options: { periodMs: { type: 'integer', default: 500, minimum: 1 } },
 *   state: () => ({ lit: false }),
 *   threads: [
 *     {
 *       name: 'blinker',
 *       *fn({ k, options, state }) {
 *         while (!(yield* k.kthreadShouldStop())) {
 *           state.lit = !state.lit;
 *           yield* k.scheduleTimeoutInterruptible(msecsToJiffies(options.periodMs));
 *         }
 *       },
 *     },
 *   ],
 * });
 * ```
 * @throws UsageError BAD_DAEMON if the description contradicts itself
 */
export function defineDaemon<const S extends OptionsSchema = Record<never, never>, T = undefined>(
  spec: DaemonSpec<S, T>,
): Daemon {
  const options: OptionsSchema = spec.options ?? {};
  const wrong = problemOf(spec as unknown as DaemonSpec<OptionsSchema, unknown>);
  if (wrong !== undefined) throw badDaemon(wrong);
  return {
    kind: DAEMON_KIND,
    name: spec.name,
    description: spec.description ?? '',
    options,
    spec: spec as unknown as DaemonSpec<OptionsSchema, unknown>,
  };
}

/** Make the error for a daemon that cannot be used; the caller throws it. */
export function badDaemon(what: string): UsageError {
  return new UsageError('BAD_DAEMON', { what, advice: 'See defineDaemon() in @kernel-model/daemons.' });
}

function problemOf(spec: DaemonSpec<OptionsSchema, unknown>): string | undefined {
  const { name } = spec;
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]+$/.test(name) || name.length > MODULE_NAME_LEN) {
    return `A daemon's name has 1 to ${MODULE_NAME_LEN} letters, digits, "_" and "-": ${JSON.stringify(name)} has not.`;
  }
  const inSchema = schemaError(spec.options ?? {});
  if (inSchema !== undefined) return `The options of ${name} are no JSON Schema: ${inSchema}.`;
  for (const thread of spec.threads ?? []) {
    if (typeof thread.fn !== 'function') return `The thread ${thread.name} of ${name} has no function.`;
    if (thread.perCpu === true && thread.cpu !== undefined) {
      return `The thread ${thread.name} of ${name} is on every CPU and on CPU ${thread.cpu}: choose one.`;
    }
    if (thread.perCpu === true && !thread.name.includes('%u')) {
      return `The thread ${thread.name} of ${name} is on every CPU: its name needs a %u.`;
    }
  }
  return undefined;
}
