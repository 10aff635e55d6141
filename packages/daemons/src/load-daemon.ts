import { DAEMON_KIND, badDaemon, defineDaemon, type Daemon } from './define-daemon.ts';
import type { LoopGuard } from './loop-guard.ts';

/**
 * Find the daemon in what a package or file exports: the only daemon among its exports, the one called `daemon`, or the
 * default export. What is not a daemon yet but describes one, as given to defineDaemon(), is made one.
 * @param module what `import()` gave, or a daemon
 * @param guard that the code calls, if guardLoops() has prepared it
 * @throws UsageError BAD_DAEMON if there is none, or more than one
 */
export function loadDaemon(module: unknown, guard?: LoopGuard): Daemon {
  const daemon = daemonIn(module);
  return guard === undefined ? daemon : { ...daemon, guard };
}

function daemonIn(module: unknown): Daemon {
  if (isDaemon(module)) return module;
  if (typeof module !== 'object' || module === null) throw badDaemon(`A daemon is an object, not ${kindOf(module)}.`);
  const exports = module as Readonly<Record<string, unknown>>;
  for (const name of ['daemon', 'default']) {
    const value = exports[name];
    if (isDaemon(value)) return value;
    if (looksLikeSpec(value)) return defineDaemon(value as Parameters<typeof defineDaemon>[0]);
  }
  const found = Object.values(exports).filter(isDaemon);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) {
    const names = found.map((d) => d.name).join(', ');
    throw badDaemon(`The module has ${found.length} daemons: ${names}. Export the one to load as "daemon".`);
  }
  const names = Object.keys(exports).join(', ') || 'nothing';
  throw badDaemon(`The module exports no daemon; it exports: ${names}.`);
}

/** Is this something that {@link defineDaemon} made, maybe of another copy of this package? */
export function isDaemon(value: unknown): value is Daemon {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === DAEMON_KIND;
}

/** A plain object that somebody forgot to give to defineDaemon(). */
function looksLikeSpec(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const o = value as Readonly<Record<string, unknown>>;
  return typeof o.name === 'string' && ['init', 'threads', 'works'].some((key) => key in o);
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
