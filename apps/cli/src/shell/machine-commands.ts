import type { LogLine } from '@kernel-model/scheduler';
import { fail, type Command, type Invocation, type Paused } from './command.ts';
import { parseArguments, parseSpan } from './arguments.ts';
import { STATUS_INTERRUPTED } from './shell.ts';
import { uptimeLine } from './uptime.ts';

/** Commands that let time pass, and those that show what happened. */
export const MACHINE_COMMANDS: readonly Command[] = [
  { name: 'run', usage: 'TIME', about: 'let time pass: run 10ms, run 2s', run },
  { name: 'step', usage: '[N]', about: 'let the next N things happen, and show their events', run: step },
  { name: 'sleep', usage: 'SECONDS', about: 'let time pass, in seconds', run },
  { name: 'watch', usage: '[-n SECONDS] COMMAND', about: 'a command every 2 s of virtual time', run: watch },
  { name: 'trace', usage: 'on|off|show|clear', about: 'the trace, as in /sys/kernel/tracing', run: trace },
  { name: 'dmesg', usage: '', about: 'the log of the kernel', run: dmesg },
  { name: 'uptime', usage: '', about: 'time since boot, and load', run: uptime },
  { name: 'nproc', usage: '', about: 'number of CPUs', run: nproc },
  { name: 'uname', usage: '[-asnrvmo]', about: 'which kernel this follows', run: uname },
];

/** Rounds of watch where nobody can press Ctrl-C. */
const WATCH_ROUNDS = 3;
/** A watch waits no longer than this between two rounds, in ms of real time. */
const WATCH_MS = 1000;

function* run(c: Invocation): Paused<number> {
  const [text, ...rest] = c.args;
  if (text === undefined || rest.length > 0)
    return fail(c, `usage: ${c.name} ${c.name === 'sleep' ? 'SECONDS' : 'TIME'}`, 2);
  const ns = parseSpan(text, c.name === 'sleep' ? 's' : 'ms');
  if (Number.isNaN(ns)) return fail(c, `invalid time interval '${text}'`);
  const { shell } = c;
  const end = yield* shell.advance(() => false, shell.machine.sim.now + ns);
  if (end === 'oops') return shell.complainStopped(c);
  return end === 'interrupted' ? STATUS_INTERRUPTED : 0;
}

function step(c: Invocation): number {
  const [text = '1', ...rest] = c.args;
  if (!/^\d+$/.test(text) || rest.length > 0) return fail(c, 'usage: step [N]', 2);
  const { shell } = c;
  shell.trace.watch((line) => c.out(`${line}\n`));
  const end = shell.step(Number(text));
  shell.trace.watch(null);
  if (end === 'idle') c.out('Nothing will ever happen by itself: no task is runnable, and no timer is set.\n');
  return end === 'oops' ? shell.complainStopped(c) : 0;
}

function* watch(c: Invocation): Paused<number> {
  const own = c.args[0] === '-n' ? 2 : 0;
  const seconds = own === 0 ? 2 : Number(c.args[1]);
  const line = c.args.slice(own).join(' ');
  if (!(seconds >= 0.1)) return fail(c, `failed to parse argument: '${c.args[1]}'`);
  if (line === '') return fail(c, 'usage: watch [-n SECONDS] COMMAND', 2);
  const { shell } = c;
  for (let round = 0; shell.interactive || round < WATCH_ROUNDS; round++) {
    if (round > 0) {
      const end = yield* shell.advance(() => false, shell.machine.sim.now + seconds * 1e9);
      if (end === 'oops') return shell.complainStopped(c);
      if (end === 'interrupted') return 0;
    }
    const title = `Every ${seconds.toFixed(1)}s: ${line}${' '.repeat(8)}${(shell.machine.sim.now / 1e9).toFixed(6)}`;
    const lines = (yield* shell.capture(line)).split('\n').slice(0, -1);
    if (shell.interactive) c.out('\x1b[H\x1b[2J');
    c.out(`${[title, '', ...lines].slice(0, shell.rows - 1).join('\n')}\n${shell.interactive ? '' : '\n'}`);
    if (shell.interactive && (yield { ms: Math.min(WATCH_MS, seconds * 1000) })) return 0;
  }
  return 0;
}

function trace(c: Invocation): number {
  const { trace: buffer } = c.shell;
  switch (c.args.length === 1 ? c.args[0] : '') {
    case 'on':
      buffer.setOn(true);
      return 0;
    case 'off':
      buffer.setOn(false);
      return 0;
    case 'show':
      c.out(buffer.text());
      return 0;
    case 'clear':
      buffer.clear();
      return 0;
    default:
      return fail(c, 'usage: trace on|off|show|clear', 2);
  }
}

function dmesg(c: Invocation): number {
  for (const line of c.shell.machine.sched.reports.lines) c.out(logLine(line));
  return 0;
}

function logLine({ atNs, text }: LogLine): string {
  const us = Math.floor(atNs / 1000);
  const stamp = `${String(Math.floor(us / 1e6)).padStart(5)}.${String(us % 1e6).padStart(6, '0')}`;
  return text
    .split('\n')
    .map((line) => `[${stamp}] ${line}\n`)
    .join('');
}

function uptime(c: Invocation): number {
  const parsed = parseArguments(c.args, 'ps');
  if (typeof parsed === 'string') return fail(c, parsed);
  c.out(`${uptimeLine(c)}\n`);
  return 0;
}

function nproc(c: Invocation): number {
  c.out(`${c.shell.machine.sched.onlineMask.weight}\n`);
  return 0;
}

/** @linux kernel/sys.c newuname() */
function uname(c: Invocation): number {
  const parsed = parseArguments(c.args, 'asnrvmpio');
  if (typeof parsed === 'string') return fail(c, parsed);
  const parts: readonly (readonly [string, string])[] = [
    ['s', 'Linux'],
    ['n', 'kernel-model'],
    ['r', c.shell.files.release],
    ['v', '#1 SMP PREEMPT_DYNAMIC'],
    ['m', 'x86_64'],
    ['o', 'GNU/Linux'],
  ];
  const { options } = parsed;
  const wanted = parts.filter(([letter]) => options.has('a') || options.has(letter));
  c.out(`${(wanted.length === 0 ? [parts[0]!] : wanted).map(([, text]) => text).join(' ')}\n`);
  return 0;
}
