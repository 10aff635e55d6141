import { meminfo } from '@kernel-model/procfs';
import { fail, type Command, type Invocation, type Paused } from './command.ts';
import { parseArguments } from './arguments.ts';
import { STATUS_INTERRUPTED } from './shell.ts';

/** Commands that show how memory and CPUs are used, from files of /proc. */
export const MEMORY_COMMANDS: readonly Command[] = [
  { name: 'free', usage: '[-bkmgh]', about: 'memory that is free and used', run: free },
  {
    name: 'vmstat',
    usage: '[SECONDS [COUNT]]',
    about: 'memory, interrupts and CPU time, again and again',
    run: vmstat,
  },
];

/** Rounds of vmstat without a count where nobody can press Ctrl-C. */
const ROUNDS = 3;

function free(c: Invocation): number {
  const parsed = parseArguments(c.args, 'bkmghw');
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options } = parsed;
  const divisor = options.has('b') ? 1 / 1024 : options.has('m') ? 1024 : options.has('g') ? 1024 ** 2 : 1;
  const show = (kib: number): string => (options.has('h') ? human(kib) : String(Math.floor(kib / divisor)));
  const info = meminfo(c.shell.files.memory);
  const of = (name: string): number => info.get(name) ?? 0;
  const row = (name: string, values: readonly number[]): string =>
    name.padEnd(8) + values.map((kib) => show(kib).padStart(12)).join('');
  const [total, available] = [of('MemTotal'), of('MemAvailable')];
  const cache = of('Buffers') + of('Cached');
  const names = ['total', 'used', 'free', 'shared', 'buff/cache', 'available'];
  c.out(`${' '.repeat(8)}${names.map((name) => name.padStart(12)).join('')}\n`);
  c.out(`${row('Mem:', [total, total - available, of('MemFree'), of('Shmem'), cache, available])}\n`);
  c.out(`${row('Swap:', [0, 0, 0])}\n`);
  return 0;
}

/** As free(1) -h does it: 967Mi, 1.2Gi. */
function human(kib: number): string {
  if (kib === 0) return '0B';
  let value = kib;
  for (const unit of ['Ki', 'Mi', 'Gi']) {
    if (value < 1000 || unit === 'Gi') return `${value < 10 ? value.toFixed(1) : Math.floor(value)}${unit}`;
    value /= 1024;
  }
  return '';
}

/** What vmstat counts up. */
interface Counts {
  readonly interrupts: number;
  readonly switches: number;
  /** us, ni, sy, id in 1/100 s. */
  readonly cpu: readonly number[];
}

function* vmstat(c: Invocation): Paused<number> {
  const [delay = '0', count] = c.args;
  const seconds = Number(delay);
  const rounds = count !== undefined ? Number(count) : seconds > 0 ? (c.shell.interactive ? Infinity : ROUNDS) : 1;
  if (!(seconds >= 0) || !(rounds >= 1) || c.args.length > 2) return fail(c, `usage: vmstat [SECONDS [COUNT]]`);
  c.out('procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n');
  c.out(' r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n');
  const { shell } = c;
  let before: Counts = { interrupts: 0, switches: 0, cpu: [0, 0, 0, 0] };
  for (let round = 0; round < rounds; round++) {
    if (round > 0) {
      const end = yield* shell.advance(() => false, shell.machine.sim.now + seconds * 1e9);
      if (end === 'oops') return shell.complainStopped(c);
      if (end === 'interrupted') return STATUS_INTERRUPTED;
    }
    const now = countsOf(c);
    // the first line is about the time since boot
    c.out(`${vmstatLine(c, before, now, round === 0 ? shell.machine.sim.now / 1e9 : seconds)}\n`);
    before = now;
    if (shell.interactive && round + 1 < rounds && (yield { ms: Math.min(1000, seconds * 1000) })) return 0;
  }
  return 0;
}

function countsOf(c: Invocation): Counts {
  const lines = (c.shell.readFile('/proc/stat') as string).split('\n').map((line) => line.split(/\s+/));
  const of = (name: string): number[] =>
    lines
      .find(([first]) => first === name)!
      .slice(1)
      .map(Number);
  return { interrupts: of('intr')[0]!, switches: of('ctxt')[0]!, cpu: of('cpu').slice(0, 4) };
}

function vmstatLine(c: Invocation, before: Counts, now: Counts, seconds: number): string {
  const { sched, daemons } = c.shell.machine;
  const info = meminfo(c.shell.files.memory);
  const states = [...sched.tasks.values()];
  const running = sched.rqs.reduce((n, rq) => n + rq.nrRunning, 0);
  const blocked = states.filter((p) => p.inIowait).length;
  const per = (n: number): number => Math.round(n / Math.max(seconds, 0.01));
  const [user = 0, nice = 0, system = 0, idle = 0] = now.cpu.map((ticks, i) => ticks - before.cpu[i]!);
  const all = Math.max(1, user + nice + system + idle);
  const percent = (ticks: number): number => Math.round((ticks * 100) / all);
  const written = daemons === null ? 0 : daemons.mounts.reduce((n, fs) => n + fs.writeback.written, 0) * 4;
  const columns: readonly (readonly [number, number])[] = [
    [running, 2],
    [blocked, 2],
    [0, 6],
    [info.get('MemFree')!, 6],
    [info.get('Buffers')!, 6],
    [info.get('Cached')!, 6],
    [0, 4],
    [0, 4],
    [0, 5],
    [per(written), 5],
    [per(now.interrupts - before.interrupts), 4],
    [per(now.switches - before.switches), 4],
    [percent(user + nice), 2],
    [percent(system), 2],
    [percent(idle), 2],
    [0, 2],
    [0, 2],
  ];
  return columns.map(([value, width]) => String(value).padStart(width)).join(' ');
}
