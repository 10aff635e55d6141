import type { UserFn } from '@kernel-model/daemons';
import { SIGKILL } from '@kernel-model/signals';
import { fail, type Command, type Invocation, type Paused } from './command.ts';
import { parseArguments } from './arguments.ts';
import { bytesOf } from './sizes.ts';
import { strerror } from './strerror.ts';

/** A load for the machine, as the program of that name makes it. */
export const STRESS: Command = {
  name: 'stress',
  usage: '[-c N] [-m N] [--vm-bytes B] [-t SECONDS]',
  about: 'processes that compute, or take memory, in the background',
  run: stress,
};

const PAGE_SIZE = 4096;
const DEFAULT_VM_BYTES = 256 * 1024 ** 2;
const LONG: Readonly<Record<string, string>> = { '--cpu': '-c', '--vm': '-m', '--vm-bytes': '-b', '--timeout': '-t' };

function* stress(c: Invocation): Paused<number> {
  const parsed = parseArguments(
    c.args.map((arg) => LONG[arg] ?? arg),
    'c:m:b:t:',
  );
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options, operands } = parsed;
  const [cpus, vms, seconds] = ['c', 'm', 't'].map((letter) => Number(options.get(letter) ?? 0)) as number[];
  const bytes = options.has('b') ? bytesOf(options.get('b')!) : DEFAULT_VM_BYTES;
  if (operands.length > 0 || ![cpus, vms].every(Number.isInteger) || !(bytes > 0) || !(seconds! >= 0))
    return fail(c, `usage: stress ${STRESS.usage}`);
  if (cpus === 0 && vms === 0) return fail(c, 'nothing to do: say -c N or -m N');
  const workers: UserFn[] = [
    ...Array.from({ length: cpus! }, () => compute),
    ...Array.from({ length: vms! }, () => takeMemory(Math.ceil(bytes / PAGE_SIZE))),
  ];
  const { users } = c.shell.machine;
  const made = yield* c.shell.call(c, () => users.spawn('stress', dispatcher(workers, seconds!)));
  if ('failed' in made) return made.failed;
  if (typeof made.value === 'number') return fail(c, `fork: ${strerror(made.value)}`);
  c.out(`stress: info: [${made.value.pid}] dispatching hogs: ${cpus} cpu, 0 io, ${vms} vm, 0 hdd\n`);
  return 0;
}

/** Starts the workers, and ends them when the time is over. @param seconds 0: never */
function dispatcher(workers: readonly UserFn[], seconds: number): UserFn {
  return function* (u) {
    const pids: number[] = [];
    for (const worker of workers) pids.push(yield* u.fork(worker));
    if (seconds > 0) {
      yield* u.sleep(seconds * 1e6);
      for (const pid of pids) yield* u.kill(pid, SIGKILL);
    }
    for (const pid of pids) yield* u.wait(pid);
  };
}

const compute: UserFn = function* (u) {
  for (;;) yield* u.compute(1e6);
};

/** Takes its memory, and touches it again and again. */
function takeMemory(pages: number): UserFn {
  return function* (u) {
    const addr = yield* u.mmap(pages);
    yield* u.touch(addr, pages);
    for (;;) yield* u.compute(1e6);
  };
}
