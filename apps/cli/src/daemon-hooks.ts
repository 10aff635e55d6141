import type { LoadFnOutput, LoadHookContext, ResolveFnOutput, ResolveHookContext } from 'node:module';
import { guardLoops, type SourceProblem } from '@kernel-model/daemons/guard-loops';

// Hooks of Node's module loader: the files of a daemon get guarded loops. Node runs them in a thread of their own, or, if it
// is new enough, in the thread that imports; so they know nothing but what is in the address of a file.

/**
 * Marks the address of a daemon's file; files that it imports by a path are marked, too, and packages are not. The value
 * makes a file that is loaded again new for Node, which keeps modules.
 */
const DAEMON = 'kernel-model-daemon';

/** Name of the guard in a guarded file. */
const GUARD = '$kernelModelGuard';
const GUARD_MODULE = new URL('./daemon-guard.js', import.meta.url).href;

type Maybe<T> = T | Promise<T>;

/** @see https://nodejs.org/api/module.html#resolvespecifier-context-nextresolve */
export function resolve(
  specifier: string,
  context: ResolveHookContext,
  nextResolve: (specifier: string, context: ResolveHookContext) => Maybe<ResolveFnOutput>,
): Maybe<ResolveFnOutput> {
  const value = context.parentURL === undefined ? null : valueOf(context.parentURL);
  const resolved = nextResolve(specifier, context);
  if (value === null || !/^\.{0,2}\//.test(specifier)) return resolved;
  return after(resolved, (result) => ({ ...result, url: daemonUrl(result.url, value) }));
}

/** @see https://nodejs.org/api/module.html#loadurl-context-nextload */
export function load(
  url: string,
  context: LoadHookContext,
  nextLoad: (url: string, context: LoadHookContext) => Maybe<LoadFnOutput>,
): Maybe<LoadFnOutput> {
  const loaded = nextLoad(url, context);
  if (valueOf(url) === null) return loaded;
  return after(loaded, (result) => {
    const { format, source } = result;
    if (format !== 'module' || source === undefined || source === null) return result;
    const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
    // an import is hoisted: at the end it leaves all lines where they are
    return { ...result, source: `${guarded(url, text)}\nimport { guard as ${GUARD} } from '${GUARD_MODULE}';\n` };
  });
}

/** The address of a daemon's file. */
export function daemonUrl(file: string, value: string): string {
  const url = new URL(file);
  url.searchParams.set(DAEMON, value);
  return url.href;
}

function valueOf(url: string): string | null {
  return url.startsWith('file:') ? new URL(url).searchParams.get(DAEMON) : null;
}

function guarded(url: string, source: string): string {
  try {
    return guardLoops(source, GUARD);
  } catch (error) {
    const { loc, message } = error as SourceProblem;
    const file = decodeURIComponent(new URL(url).pathname.replace(/^.*\//, ''));
    throw new SyntaxError(`${file}:${loc.line}:${loc.column + 1}: ${message.replace(/ \(\d+:\d+\)$/, '')}`);
  }
}

function after<T, U>(value: Maybe<T>, fn: (value: T) => U): Maybe<U> {
  return value instanceof Promise ? value.then(fn) : fn(value);
}
