import { psEntries, type PsEntry } from '@kernel-model/procfs';
import { fail, type Command, type Invocation } from './command.ts';
import { parseArguments } from './arguments.ts';
import { extendedRegExp } from './posix-regexp.ts';

/** Commands that look tasks up by their names. */
export const FIND_COMMANDS: readonly Command[] = [
  { name: 'pgrep', usage: '[-aflvx] PATTERN', about: 'pids by name', run: pgrep },
  { name: 'pidof', usage: 'NAME...', about: 'pids of exactly these names', run: pidof },
];

function processes(c: Invocation): PsEntry[] {
  return psEntries(c.shell.machine.sched).filter((e) => e.pid === e.tgid);
}

function pgrep(c: Invocation): number {
  const parsed = parseArguments(c.args, 'aflvx');
  if (typeof parsed === 'string') return fail(c, parsed, 2);
  const { options, operands } = parsed;
  const [pattern, ...rest] = operands;
  if (pattern === undefined || rest.length > 0) return fail(c, 'usage: pgrep [-aflvx] PATTERN', 2);
  let regexp: RegExp;
  try {
    regexp = extendedRegExp(options.has('x') ? `^(${pattern})$` : pattern, false, false);
  } catch {
    return fail(c, `invalid regular expression: ${pattern}`, 2);
  }
  // a kernel thread has no command line: its name stands for it
  const text = (e: PsEntry): string => (options.has('f') && !e.kthread ? e.command : e.comm);
  const found = processes(c).filter((e) => text(e).search(regexp) >= 0 !== options.has('v'));
  for (const e of found)
    c.out(`${e.pid}${options.has('a') ? ` ${e.command}` : options.has('l') ? ` ${e.comm}` : ''}\n`);
  return found.length === 0 ? 1 : 0;
}

function pidof(c: Invocation): number {
  const pids = processes(c)
    .filter((e) => c.args.includes(e.comm))
    .map((e) => e.pid)
    .reverse();
  if (pids.length > 0) c.out(`${pids.join(' ')}\n`);
  return pids.length === 0 ? 1 : 0;
}
