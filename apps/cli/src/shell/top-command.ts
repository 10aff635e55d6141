import { meminfo, psEntries, type PsEntry } from '@kernel-model/procfs';
import type { Task } from '@kernel-model/scheduler';
import { fail, type Command, type Invocation, type Paused } from './command.ts';
import { parseArguments } from './arguments.ts';
import { uptimeLine } from './uptime.ts';

/** The processes that use most CPU time. */
export const TOP: Command = {
  name: 'top',
  usage: '[-b] [-n ROUNDS] [-d SECONDS]',
  about: 'who uses the CPUs, every 3 s of virtual time',
  run: top,
};

/** Rounds where nobody can press Ctrl-C. */
const ROUNDS = 1;
const DEFAULT_SECONDS = 3;

/** What the CPUs and the tasks have used, at an instant. */
interface Usage {
  readonly atNs: number;
  /** us, ni, sy, id in 1/100 s. */
  readonly cpu: readonly number[];
  /** Runtime in ns, by pid. */
  readonly tasks: ReadonlyMap<number, number>;
}

function* top(c: Invocation): Paused<number> {
  const parsed = parseArguments(c.args, 'bn:d:');
  if (typeof parsed === 'string') return fail(c, parsed);
  const { options } = parsed;
  const seconds = Number(options.get('d') ?? DEFAULT_SECONDS);
  const { shell } = c;
  const screen = shell.interactive && !options.has('b');
  const rounds = options.has('n') ? Number(options.get('n')) : shell.interactive ? Infinity : ROUNDS;
  if (!(seconds > 0) || !(rounds >= 1)) return fail(c, `usage: top ${TOP.usage}`);
  let before: Usage = { atNs: 0, cpu: [0, 0, 0, 0], tasks: new Map() };
  for (let round = 0; round < rounds; round++) {
    if (round > 0) {
      const end = yield* shell.advance(() => false, shell.machine.sim.now + seconds * 1e9);
      if (end === 'oops') return shell.complainStopped(c);
      if (end === 'interrupted') return 0;
      if (!screen) c.out('\n');
    }
    const now = usageOf(c);
    const lines = page(c, before, now);
    if (screen) c.out('\x1b[H\x1b[2J');
    c.out(`${(screen ? lines.slice(0, shell.rows - 1) : lines).join('\n')}\n`);
    before = now;
    if (screen && round + 1 < rounds && (yield { ms: Math.min(1000, seconds * 1000) })) return 0;
  }
  return 0;
}

function usageOf(c: Invocation): Usage {
  const { sched, sim } = c.shell.machine;
  const cpu = /^cpu +(.*)$/m
    .exec(c.shell.readFile('/proc/stat') as string)![1]!
    .split(' ')
    .map(Number);
  return { atNs: sim.now, cpu, tasks: new Map([...sched.tasks].map(([pid, p]) => [pid, runtimeNs(p, sim.now)])) };
}

/** CPU time up to now. */
function runtimeNs(p: Task, now: number): number {
  return p.se.sumExecRuntime + (p.rq.curr === p ? Math.max(0, now - p.se.execStart) : 0);
}

function page(c: Invocation, before: Usage, now: Usage): string[] {
  const { sched } = c.shell.machine;
  const rows = psEntries(sched).filter((e) => e.pid === e.tgid);
  const spanNs = Math.max(1, now.atNs - before.atNs);
  const usedNs = (e: PsEntry): number => (now.tasks.get(e.pid) ?? 0) - (before.tasks.get(e.pid) ?? 0);
  const sorted = rows
    .map((e) => ({ e, tenths: Math.round((usedNs(e) * 1000) / spanNs) }))
    .sort((a, b) => b.tenths - a.tenths || a.e.pid - b.e.pid);
  const total = meminfo(c.shell.files.memory).get('MemTotal')!;
  return [
    `top - ${uptimeLine(c).trim()}`,
    tasksLine(rows),
    cpuLine(before, now),
    ...memoryLines(c),
    '',
    '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND',
    ...sorted.map(({ e, tenths }) => row(e, tenths, now.tasks.get(e.pid) ?? 0, total)),
  ];
}

function tasksLine(rows: readonly PsEntry[]): string {
  const count = (...letters: string[]): number => rows.filter((e) => letters.includes(e.stat[0]!)).length;
  const parts = [
    [rows.length, 'total'],
    [count('R'), 'running'],
    [count('S', 'D', 'I', 'P'), 'sleeping'],
    [count('T', 't'), 'stopped'],
    [count('Z'), 'zombie'],
  ] as const;
  return `Tasks: ${parts.map(([n, what]) => `${String(n).padStart(3)} ${what}`).join(', ')}`;
}

function cpuLine(before: Usage, now: Usage): string {
  const [user = 0, nice = 0, system = 0, idle = 0] = now.cpu.map((ticks, i) => ticks - (before.cpu[i] ?? 0));
  const all = Math.max(1, user + nice + system + idle);
  const part = (ticks: number, name: string): string => `${((ticks * 100) / all).toFixed(1).padStart(5)} ${name}`;
  const columns = [
    part(user, 'us'),
    part(system, 'sy'),
    part(nice, 'ni'),
    part(idle, 'id'),
    part(0, 'wa'),
    part(0, 'hi'),
    part(0, 'si'),
    part(0, 'st'),
  ];
  return `%Cpu(s):${columns.join(',')}`;
}

function memoryLines(c: Invocation): string[] {
  const info = meminfo(c.shell.files.memory);
  const mib = (kib: number): string => (kib / 1024).toFixed(1).padStart(8);
  const [total, free, available] = [info.get('MemTotal')!, info.get('MemFree')!, info.get('MemAvailable')!];
  const cache = info.get('Cached')! + info.get('Buffers')!;
  return [
    `MiB Mem : ${mib(total)} total, ${mib(free)} free, ${mib(total - available)} used, ${mib(cache)} buff/cache`,
    `MiB Swap: ${mib(0)} total, ${mib(0)} free, ${mib(0)} used. ${mib(available)} avail Mem`,
  ];
}

/** @param tenths of a percent of one CPU @param totalKib of the machine */
function row(e: PsEntry, tenths: number, runtime: number, totalKib: number): string {
  const hundredths = Math.floor(runtime / 1e7);
  const time = `${Math.floor(hundredths / 6000)}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, '0')}`;
  return [
    String(e.pid).padStart(7),
    (e.uid === 0 ? 'root' : String(e.uid)).padEnd(8),
    (e.priority <= -100 ? 'rt' : String(e.priority)).padStart(3),
    String(e.nice).padStart(3),
    String(e.vsz).padStart(7),
    String(e.rss).padStart(6),
    '     0',
    e.stat[0],
    (tenths / 10).toFixed(1).padStart(5),
    ((e.rss * 100) / totalKib).toFixed(1).padStart(5),
    time.padStart(9),
    e.comm,
  ].join(' ');
}
