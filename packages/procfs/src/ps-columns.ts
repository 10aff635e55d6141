import { civilTime, twoDigits } from './civil-time.ts';
import { USER_HZ } from './format.ts';
import type { PsEntry } from './ps-entry.ts';
import { KIB_PER_PAGE } from './task-memory.ts';

/** The instant for which ps prints. */
export interface PsClock {
  /** Instant of the boot in s since 1970. */
  readonly bootTimeS: number;
  /** Seconds since boot. */
  readonly uptimeS: number;
  /** Memory of the machine in KiB; left out, nobody has a part of it. */
  readonly memoryKiB?: number;
}

/** A column of ps. */
export interface PsColumn {
  readonly header: string;
  /** Characters; the last column may be longer. */
  readonly width: number;
  readonly align: 'left' | 'right';
  /** Longer values are cut, unless the column is the last one. */
  readonly cut: boolean;
  /** The text for an entry, not yet padded. */
  readonly value: (e: PsEntry, clock: PsClock) => string;
}

const PID_WIDTH = 5;
/** Bit that ps -l shows of the flags: forked, but did not exec. */
const PF_FORKNOEXEC = 0x40;

function right(header: string, width: number, value: PsColumn['value']): PsColumn {
  return { header, width, align: 'right', cut: false, value };
}

function left(header: string, width: number, value: PsColumn['value']): PsColumn {
  return { header, width, align: 'left', cut: true, value };
}

const USER = (e: PsEntry): string => (e.uid === 0 ? 'root' : String(e.uid));
const NICE = (e: PsEntry): string => (e.cls === 'TS' || e.cls === 'B' || e.cls === 'IDL' ? String(e.nice) : '-');
const COMM = (e: PsEntry): string => (e.stat.startsWith('Z') ? `${e.comm} <defunct>` : e.comm);
const PMEM: PsColumn['value'] = (e, { memoryKiB = Infinity }) =>
  (Math.min(Math.floor((e.rss * 1000) / memoryKiB), 999) / 10).toFixed(1);
const NONE = (): string => '-';
const ZERO = (): string => '0';

/** Columns by the names that ps -o takes. */
export const PS_COLUMNS: ReadonlyMap<string, PsColumn> = new Map<string, PsColumn>([
  ['pid', right('PID', PID_WIDTH, (e) => String(e.tgid))],
  ['tgid', right('TGID', PID_WIDTH, (e) => String(e.tgid))],
  ['tid', right('TID', PID_WIDTH, (e) => String(e.pid))],
  ['lwp', right('LWP', PID_WIDTH, (e) => String(e.pid))],
  ['spid', right('SPID', PID_WIDTH, (e) => String(e.pid))],
  ['ppid', right('PPID', PID_WIDTH, (e) => String(e.ppid))],
  ['pgid', right('PGID', PID_WIDTH, ZERO)],
  ['pgrp', right('PGRP', PID_WIDTH, ZERO)],
  ['sid', right('SID', PID_WIDTH, ZERO)],
  ['sess', right('SESS', PID_WIDTH, ZERO)],
  ['uid', right('UID', 5, (e) => String(e.uid))],
  ['euid', right('EUID', 5, (e) => String(e.uid))],
  ['user', left('USER', 8, USER)],
  ['uname', left('USER', 8, USER)],
  ['euser', left('EUSER', 8, USER)],
  ['ruser', left('RUSER', 8, USER)],
  ['comm', left('COMMAND', 15, COMM)],
  ['ucomm', left('COMMAND', 15, COMM)],
  ['ucmd', left('CMD', 15, COMM)],
  ['args', left('COMMAND', 27, (e) => e.command)],
  ['command', left('COMMAND', 27, (e) => e.command)],
  ['cmd', left('CMD', 27, (e) => e.command)],
  ['c', right('C', 2, (e, clock) => String(Math.min(99, Math.floor(cpuPerMille(e, clock) / 10))))],
  ['pcpu', right('%CPU', 4, (e, clock) => percent(cpuPerMille(e, clock)))],
  ['%cpu', right('%CPU', 4, (e, clock) => percent(cpuPerMille(e, clock)))],
  ['pmem', right('%MEM', 4, PMEM)],
  ['%mem', right('%MEM', 4, PMEM)],
  ['cls', right('CLS', 3, (e) => e.cls)],
  ['class', right('CLS', 3, (e) => e.cls)],
  ['policy', right('POL', 3, (e) => e.cls)],
  ['sched', right('SCH', 3, (e) => String(e.policy))],
  ['rtprio', right('RTPRIO', 6, (e) => (e.cls === 'FF' || e.cls === 'RR' ? String(e.rtprio) : '-'))],
  ['pri', right('PRI', 3, (e) => String(39 - e.priority))],
  ['opri', right('PRI', 3, (e) => String(60 + e.priority))],
  ['priority', right('PRI', 3, (e) => String(e.priority))],
  ['ni', right('NI', 3, NICE)],
  ['nice', right('NI', 3, NICE)],
  ['psr', right('PSR', 3, (e) => String(e.psr))],
  ['stat', left('STAT', 4, (e) => e.stat)],
  ['state', left('S', 1, (e) => e.stat[0]!)],
  ['s', left('S', 1, (e) => e.stat[0]!)],
  ['wchan', left('WCHAN', 6, (e) => e.wchan)],
  ['nlwp', right('NLWP', 4, (e) => String(e.nlwp))],
  ['thcount', right('THCNT', 5, (e) => String(e.nlwp))],
  ['time', right('TIME', 8, (e) => cpuTime(e))],
  ['cputime', right('TIME', 8, (e) => cpuTime(e))],
  ['bsdtime', right('TIME', 6, (e) => bsdTime(e))],
  ['etime', right('ELAPSED', 11, (e, clock) => elapsed(Math.floor(age(e, clock))))],
  ['etimes', right('ELAPSED', 7, (e, clock) => String(Math.floor(age(e, clock))))],
  ['stime', left('STIME', 5, (e, clock) => startTime(e, clock, ''))],
  ['start_time', left('START', 5, (e, clock) => startTime(e, clock, ''))],
  ['bsdstart', left('START', 6, (e, clock) => startTime(e, clock, ' '))],
  ['start', right('STARTED', 8, (e, clock) => startedAt(e, clock))],
  ['lstart', right('STARTED', 24, (e, clock) => longStart(e, clock))],
  ['tty', left('TTY', 8, () => '?')],
  ['tname', left('TTY', 8, () => '?')],
  ['tt', left('TT', 8, () => '?')],
  ['f', right('F', 1, (e) => flags(e))],
  ['flag', right('F', 1, (e) => flags(e))],
  ['flags', right('F', 1, (e) => flags(e))],
  ['addr_sz', right('ADDR SZ', 7, (e) => `- ${String(e.vsz / KIB_PER_PAGE).padStart(5)}`)],
  ['sz', right('SZ', 5, (e) => String(e.vsz / KIB_PER_PAGE))],
  ['size', right('SIZE', 5, (e) => String(e.vsz))],
  ['vsz', right('VSZ', 6, (e) => String(e.vsz))],
  ['vsize', right('VSZ', 6, (e) => String(e.vsz))],
  ['rss', right('RSS', 5, (e) => String(e.rss))],
  ['rssize', right('RSS', 5, (e) => String(e.rss))],
  ['label', left('LABEL', 31, NONE)],
  ['pending', right('PENDING', 16, (e) => e.pending)],
  ['blocked', right('BLOCKED', 16, (e) => e.blocked)],
]);

/** Seconds since the start. */
function age(e: PsEntry, clock: PsClock): number {
  return clock.uptimeS - e.startTicks / USER_HZ;
}

/** Share of a CPU since the start in 1/1000; 0 in the first second. */
function cpuPerMille(e: PsEntry, clock: PsClock): number {
  const seconds = Math.floor(age(e, clock));
  return seconds === 0 ? 0 : Math.floor((e.timeTicks * 1000) / USER_HZ / seconds);
}

function percent(perMille: number): string {
  return perMille > 999 ? String(Math.floor(perMille / 10)) : `${Math.floor(perMille / 10)}.${perMille % 10}`;
}

function flags(e: PsEntry): string {
  return (e.flags & PF_FORKNOEXEC) !== 0 ? '1' : '0';
}

function cpuTime(e: PsEntry): string {
  const seconds = Math.floor(e.timeTicks / USER_HZ);
  const days = Math.floor(seconds / 86_400);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits).join(':');
  return days > 0 ? `${days}-${clock}` : clock;
}

function bsdTime(e: PsEntry): string {
  const seconds = Math.floor(e.timeTicks / USER_HZ);
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${twoDigits(seconds % 60)}`;
}

function elapsed(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const clock = `${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
  if (days > 0) return `${days}-${twoDigits(hours)}:${clock}`;
  return hours > 0 ? `${twoDigits(hours)}:${clock}` : clock;
}

function startS(e: PsEntry, clock: PsClock): number {
  return clock.bootTimeS + e.startTicks / USER_HZ;
}

/** HH:MM on the same day, MmmDD in the same year, YYYY before. @param between month and day */
function startTime(e: PsEntry, clock: PsClock, between: string): string {
  const start = civilTime(startS(e, clock));
  const now = civilTime(clock.bootTimeS + clock.uptimeS);
  if (start.epochDay === now.epochDay) return between + start.hhmm;
  if (start.year === now.year) return `${start.month}${between}${twoDigits(start.day)}`;
  return `${between}${start.year}`;
}

/** HH:MM:SS within a day, Mmm DD before. */
function startedAt(e: PsEntry, clock: PsClock): string {
  const start = civilTime(startS(e, clock));
  return age(e, clock) > 86_400 ? `  ${start.month} ${twoDigits(start.day)}` : start.hhmmss;
}

function longStart(e: PsEntry, clock: PsClock): string {
  const t = civilTime(startS(e, clock));
  return `${t.weekday} ${t.month} ${String(t.day).padStart(2)} ${t.hhmmss} ${t.year}`;
}
