import { existsSync, readFileSync, statSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { callTrace, loadDaemon, type Daemon } from '@kernel-model/daemons';
import { InputError } from '@kernel-model/runner';
import type { Scenario } from '@kernel-model/scenario';
import { UsageError } from '@kernel-model/sim';
import { guard } from './daemon-guard.ts';
import { daemonUrl, load, resolve as resolveImport } from './daemon-hooks.ts';

/** Daemons that can be named without a path: the examples of the repository. */
export const EXAMPLE_DAEMONS: readonly string[] = ['demo', 'cache-flusher', 'nvme-completion'];

const EXAMPLES = fileURLToPath(new URL('../../../examples/daemons/', import.meta.url));
/** Conditions of package.json under which Node looks for the file of an `import`. */
const CONDITIONS: readonly string[] = ['node', 'import', 'module-sync', 'default'];
/** A package, not a path in one. */
const PACKAGE_NAME = /^(@[^/\\]+\/)?[^/\\.@][^/\\]*$/;

/**
 * Load a daemon from outside of the model.
 * @param what a .js or .mjs file, a directory with a package.json, a package that the current directory can import, or
 *   one of {@link EXAMPLE_DAEMONS}; the first of these that exists
 * @throws InputError if there is none, or it cannot be loaded, or exports no daemon
 */
export async function loadDaemonFile(what: string): Promise<Daemon> {
  const file = findDaemonFile(what);
  if (file !== null) return importDaemon(what, file);
  const where = PACKAGE_NAME.test(what) ? 'file, package or example' : 'file or directory';
  throw new InputError(`${what === '' ? '""' : what}: there is no such ${where} of a daemon; check the name`);
}

/**
 * The daemons that a scenario names. A path that begins with a dot is relative to the scenario's file.
 * @throws InputError with the place in the file
 */
export async function loadModules(scenario: Scenario): Promise<Map<string, Daemon>> {
  const modules = new Map<string, Daemon>();
  for (const { use, at } of scenario.daemons) {
    try {
      modules.set(use, await loadDaemonFile(/^\.\.?[/\\]/.test(use) ? join(dirname(scenario.file), use) : use));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`${scenario.file}:${at.line}:${at.column}: ${error.message}`);
    }
  }
  return modules;
}

/** Where the code of a daemon is. @returns an absolute path; null if there is none; see {@link loadDaemonFile} */
export function findDaemonFile(what: string): string | null {
  if (what === '') return null;
  const path = resolve(what);
  // a directory that only has the name of a package is none
  if (existsSync(path) && !(PACKAGE_NAME.test(what) && isDirectory(path) && !isPackage(path)))
    return fileOf(what, path);
  if (!PACKAGE_NAME.test(what)) return null;
  for (let dir = process.cwd(), above = ''; dir !== above; above = dir, dir = dirname(dir)) {
    const installed = join(dir, 'node_modules', what);
    if (isPackage(installed)) return fileOf(what, installed);
  }
  const example = join(EXAMPLES, what);
  return EXAMPLE_DAEMONS.includes(what) && isPackage(example) ? fileOf(what, example) : null;
}

/**
 * Run the code of a file as it is now, with guarded loops, and take the daemon it exports.
 * @throws InputError
 */
export async function importDaemon(what: string, file: string): Promise<Daemon> {
  let module: unknown;
  try {
    registerOnce();
    guard.reset();
    module = await settled(import(daemonUrl(pathToFileURL(file).href, String(++loads))));
  } catch (error) {
    const endless = error instanceof UsageError && error.code === 'SOFT_LOCKUP';
    const where = endless ? callTrace(error)[0]!.replace(/^.*\((.*)\)$/, ': $1') : '';
    throw new InputError(`${what}: the daemon cannot be loaded: ${firstLine(error)}${where}`);
  }
  try {
    return loadDaemon(module, guard);
  } catch (error) {
    throw new InputError(`${what}: ${firstLine(error)}`);
  }
}

/** How many files have been loaded. */
let loads = 0;

/** Hooks in the thread that imports are newer than those in a thread of their own. */
function registerOnce(): void {
  if (loads > 0) return;
  const { registerHooks, register } = nodeModule as Partial<typeof nodeModule> & {
    readonly registerHooks?: (hooks: object) => unknown;
  };
  try {
    if (registerHooks !== undefined) registerHooks({ load, resolve: resolveImport });
    else register?.(new URL('./daemon-hooks.js', import.meta.url));
  } catch {
    // Jest has a loader of its own, without hooks: there, loops are as they were written
  }
}

function fileOf(what: string, path: string): string {
  const file = isDirectory(path) ? join(path, entryOf(what, path)) : path;
  if (!existsSync(file))
    throw new InputError(`${what}: its package.json names ${file}, which is not there; build it first`);
  if (/\.m?js$/.test(file) && !isDirectory(file)) return file;
  throw new InputError(`${what}: a daemon is a .js or .mjs file, or a directory with a package.json that names one`);
}

/** The file that a package is imported from, as its package.json says. */
function entryOf(what: string, dir: string): string {
  let text: string;
  try {
    text = readFileSync(join(dir, 'package.json'), 'utf8');
  } catch {
    throw new InputError(`${what}: the directory has no package.json; name the .js or .mjs file of the daemon`);
  }
  try {
    const { exports, main } = JSON.parse(text) as { readonly exports?: unknown; readonly main?: unknown };
    return target(exports) ?? (typeof main === 'string' ? main : 'index.js');
  } catch {
    throw new InputError(`${what}: its package.json is not valid JSON`);
  }
}

/** What `exports` of a package.json means for the package itself. */
function target(exports: unknown): string | null {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return null;
  for (const [key, value] of Object.entries(exports)) {
    const file = key === '.' || CONDITIONS.includes(key) ? target(value) : null;
    if (file !== null) return file;
  }
  return null;
}

/** As the promise; but if it is for ever pending, that is an error instead of the silent end of the process. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  let forEver = (): void => {};
  const never = new Promise<never>((_, reject) => {
    forEver = () => reject(new Error('it waits for something that never happens'));
  });
  process.once('beforeExit', forEver);
  try {
    return await Promise.race([promise, never]);
  } finally {
    process.removeListener('beforeExit', forEver);
  }
}

function isPackage(dir: string): boolean {
  return existsSync(join(dir, 'package.json'));
}

function isDirectory(path: string): boolean {
  return statSync(path).isDirectory();
}

function firstLine(error: unknown): string {
  const text = error instanceof Error || inspect(error).includes('Error') ? (error as Error).message : inspect(error);
  return String(text).split('\n')[0]!;
}
