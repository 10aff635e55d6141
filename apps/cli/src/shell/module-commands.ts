import type { MaySleep } from '@kernel-model/sim';
import { EBUSY, EINVAL } from '@kernel-model/scheduler';
import { ENOENT } from '@kernel-model/procfs';
import type { Daemon } from '@kernel-model/daemons';
import { InputError } from '@kernel-model/runner';
import { findDaemonFile, importDaemon } from '../load-daemon-file.ts';
import { fail, type Command, type Invocation, type Paused } from './command.ts';
import { strerror } from './strerror.ts';

/** Commands that load and unload daemons. */
export const MODULE_COMMANDS: readonly Command[] = [
  { name: 'insmod', usage: 'NAME|FILE [OPTION=VALUE...]', about: 'load a daemon', run: insmod },
  { name: 'rmmod', usage: 'NAME...', about: 'unload a daemon', run: rmmod },
  { name: 'lsmod', usage: '', about: 'loaded daemons', run: lsmod },
];

function* insmod(c: Invocation): Paused<number> {
  const [file, ...options] = c.args;
  if (file === undefined) return fail(c, 'ERROR: missing filename.');
  const daemon = yield* daemonOf(c, file);
  if (typeof daemon === 'string') return fail(c, `ERROR: could not load module ${file}: ${daemon}`);
  const params: Record<string, string> = {};
  for (const option of options) {
    const at = option.indexOf('=');
    params[at < 0 ? option : option.slice(0, at)] = at < 0 ? '1' : option.slice(at + 1);
  }
  const loaded = yield* inProcess(c, () => c.shell.modules.insmod(daemon, params));
  if (loaded.failed !== 0) return loaded.failed;
  if (loaded.result >= 0) return 0;
  const why = loaded.result === -EINVAL ? 'Invalid parameters' : strerror(loaded.result);
  return fail(c, `ERROR: could not insert module ${file}: ${why}`);
}

/** A daemon of this session, or one that is read from a file or package now. @returns why there is none, else the daemon */
function* daemonOf(c: Invocation, what: string): Paused<Daemon | string> {
  const { modules } = c.shell;
  const given = modules.find(moduleName(what));
  if (given !== undefined && !/\.m?js$/.test(what)) return given;
  let result: Daemon | string = '';
  try {
    const file = findDaemonFile(what);
    if (file === null) return strerror(ENOENT);
    const reading = importDaemon(what, file).then(
      (daemon) => void (result = daemon),
      (error: Error) => void (result = error.message),
    );
    yield { ms: 0, until: reading };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    result = error.message;
  }
  // it is written by the promise, which the compiler does not see
  const loaded = result as Daemon | string;
  if (typeof loaded === 'string') return loaded.startsWith(`${what}: `) ? loaded.slice(what.length + 2) : loaded;
  modules.add(loaded);
  return loaded;
}

function* rmmod(c: Invocation): Paused<number> {
  if (c.args.length === 0) return fail(c, 'ERROR: missing module name.');
  let status = 0;
  for (const file of c.args) {
    const name = moduleName(file);
    const removed = yield* inProcess(c, () => c.shell.modules.rmmod(name));
    if (removed.failed !== 0) return removed.failed;
    if (removed.result === -ENOENT) status = fail(c, `ERROR: Module ${name} is not currently loaded`);
    else if (removed.result === -EBUSY) status = fail(c, `ERROR: Module ${name} is in use`);
    else if (removed.result < 0)
      status = fail(c, `ERROR: could not remove module ${name}: ${strerror(removed.result)}`);
  }
  return status;
}

function lsmod(c: Invocation): number {
  c.out('Module                  Size  Used by\n');
  // code has no size here: a page stands for it
  for (const name of c.shell.modules.loaded()) c.out(`${name.padEnd(19)} ${'4096'.padStart(8)}  0\n`);
  return 0;
}

/** `./demo.ko` and `demo` are the same. */
function moduleName(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.k?o$/, '');
}

function* inProcess(
  c: Invocation,
  fn: () => MaySleep<number>,
): Paused<{ readonly failed: number; readonly result: number }> {
  const called = yield* c.shell.call(c, fn);
  return 'failed' in called ? { failed: called.failed, result: 0 } : { failed: 0, result: called.value };
}
