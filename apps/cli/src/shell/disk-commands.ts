import type { Filesystem, KernelDaemons } from '@kernel-model/daemons';
import { EBUSY } from '@kernel-model/scheduler';
import { fail, type Command, type Invocation, type Paused } from './command.ts';
import { bytesOf } from './sizes.ts';
import { strerror } from './strerror.ts';

/** Commands that make the flusher and jbd2 work. */
export const DISK_COMMANDS: readonly Command[] = [
  { name: 'mount', usage: '[DEVICE DIR]', about: 'mount a disk: mount /dev/sda1 /mnt', run: mount },
  { name: 'umount', usage: 'DIR|DEVICE', about: 'write everything, and undo mount', run: umount },
  { name: 'dd', usage: 'if=/dev/zero of=FILE [bs=N] [count=N]', about: 'append to a file on a mounted disk', run: dd },
  { name: 'sync', usage: '', about: 'write everything that is dirty', run: sync },
];

const PAGE_SIZE = 4096;

function daemonsOf(c: Invocation): KernelDaemons {
  // a shell has a machine with all its daemons
  return c.shell.machine.daemons!;
}

function mounted(c: Invocation): (readonly [dir: string, fs: Filesystem])[] {
  return daemonsOf(c).mounts.map((fs) => [c.shell.mountPoints.get(fs.device)!, fs] as const);
}

function* mount(c: Invocation): Paused<number> {
  const [device, dir, ...rest] = c.args;
  if (device === undefined) {
    for (const [at, fs] of mounted(c)) c.out(`/dev/${fs.device} on ${at} type ext4 (rw,relatime)\n`);
    return 0;
  }
  if (dir === undefined || rest.length > 0) return fail(c, 'bad usage', 1);
  if (!/^\/[^/]+$/.test(dir) || typeof c.shell.files.list(dir) !== 'number')
    return fail(c, `${dir}: mount point does not exist.`, 32);
  if (mounted(c).some(([at]) => at === dir))
    return fail(c, `${dir}: /dev/${device} already mounted or mount point busy.`, 32);
  const name = device.replace(/^\/dev\//, '');
  const made = yield* c.shell.call(c, () => daemonsOf(c).mount(name));
  if ('failed' in made) return made.failed;
  if (made.value === -EBUSY)
    return fail(c, `${dir}: ${device} already mounted on ${c.shell.mountPoints.get(name)}.`, 32);
  if (typeof made.value === 'number') return fail(c, `${dir}: special device ${device} does not exist.`, 32);
  c.shell.mountPoints.set(name, dir);
  return 0;
}

function* umount(c: Invocation): Paused<number> {
  const [what, ...rest] = c.args;
  if (what === undefined || rest.length > 0) return fail(c, 'bad usage', 1);
  const found = mounted(c).find(([dir, fs]) => dir === what || `/dev/${fs.device}` === what);
  if (found === undefined) return fail(c, `${what}: not mounted.`, 32);
  const gone = yield* c.shell.call(c, () => daemonsOf(c).umount(found[1]));
  if ('failed' in gone) return gone.failed;
  c.shell.mountPoints.delete(found[1].device);
  return 0;
}

function* sync(c: Invocation): Paused<number> {
  const done = yield* c.shell.call(c, () => daemonsOf(c).sync());
  return 'failed' in done ? done.failed : 0;
}

function* dd(c: Invocation): Paused<number> {
  const operands = new Map<string, string>();
  for (const arg of c.args) {
    const [, key, value] = /^(if|of|bs|count)=(.*)$/.exec(arg) ?? [];
    if (key === undefined) return fail(c, `unrecognized operand '${arg}'`);
    operands.set(key, value!);
  }
  const bs = bytesOf(operands.get('bs') ?? '512');
  const count = bytesOf(operands.get('count') ?? '');
  if (Number.isNaN(bs) || bs === 0) return fail(c, `invalid number: '${operands.get('bs')}'`);
  if (Number.isNaN(count))
    return fail(
      c,
      operands.has('count') ? `invalid number: '${operands.get('count')}'` : 'count=N is missing: the disk has no end',
    );
  const input = operands.get('if') ?? '';
  if (input !== '/dev/zero') return fail(c, `failed to open '${input}': No such file or directory`);
  const file = operands.get('of') ?? '';
  const place = mounted(c).find(([dir]) => file.startsWith(`${dir}/`) && file.length > dir.length + 1);
  if (place === undefined)
    return fail(c, `failed to open '${file}': No such file or directory; mount a disk first: mount /dev/sda1 /mnt`);
  const { sim } = c.shell.machine;
  const startNs = sim.now;
  const bytes = bs * count;
  const written = yield* c.shell.call(c, () => place[1].write(file, Math.ceil(bytes / PAGE_SIZE)));
  if ('failed' in written) return written.failed;
  if (written.value !== 0) return fail(c, `error writing '${file}': ${strerror(written.value)}`);
  const seconds = (sim.now - startNs) / 1e9;
  c.err(`${count}+0 records in\n${count}+0 records out\n`);
  const sizes = bytes < 1000 ? '' : ` (${human(bytes)}${bytes < 1024 ? '' : `, ${human(bytes, 1024, IEC)}`})`;
  c.err(`${bytes} bytes${sizes} copied, ${seconds.toPrecision(6)} s, ${human(bytes / seconds)}/s\n`);
  return 0;
}

const IEC: readonly string[] = ['B', 'KiB', 'MiB', 'GiB'];

function human(bytes: number, base = 1000, units: readonly string[] = ['B', 'kB', 'MB', 'GB']): string {
  let unit = 0;
  for (; bytes >= base && unit < units.length - 1; unit++) bytes /= base;
  return `${bytes < 10 && unit > 0 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}
