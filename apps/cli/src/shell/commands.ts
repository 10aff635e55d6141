import { fail, type Command, type Invocation } from './command.ts';
import { FILE_COMMANDS } from './file-commands.ts';
import { DISK_COMMANDS } from './disk-commands.ts';
import { FILTERS } from './filters.ts';
import { FIND_COMMANDS } from './find-commands.ts';
import { MACHINE_COMMANDS } from './machine-commands.ts';
import { AWK } from './awk.ts';
import { MEMORY_COMMANDS } from './memory-commands.ts';
import { SED } from './sed.ts';
import { TOP } from './top-command.ts';
import { XARGS } from './xargs.ts';
import { MODULE_COMMANDS } from './module-commands.ts';
import { STRESS } from './stress-command.ts';
import { TASK_COMMANDS } from './task-commands.ts';

const OWN: readonly Command[] = [
  { name: 'help', usage: '[COMMAND]', about: 'this list', run: help },
  { name: 'history', usage: '', about: 'lines typed so far', run: history },
  { name: 'exit', usage: '[STATUS]', about: 'end', run: exit },
];

const GROUPS: readonly (readonly [string, readonly Command[]])[] = [
  ['Tasks', [...TASK_COMMANDS, ...FIND_COMMANDS, TOP, STRESS]],
  ['Time and events', MACHINE_COMMANDS],
  ['Memory', MEMORY_COMMANDS],
  ['Files', FILE_COMMANDS],
  ['Daemons', MODULE_COMMANDS],
  ['Disks', DISK_COMMANDS],
  ['Filters', [...FILTERS, SED, AWK, XARGS]],
  ['Shell', OWN],
];

/** Every command by its name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  GROUPS.flatMap(([, commands]) => commands.map((command) => [command.name, command] as const)),
);

function help(c: Invocation): number {
  const [name] = c.args;
  if (name !== undefined) {
    const command = COMMANDS.get(name);
    if (command === undefined) return fail(c, `no help topics match \`${name}'`);
    c.out(`${command.name} ${command.usage}\n    ${command.about}\n`);
    return 0;
  }
  for (const [title, commands] of GROUPS) {
    c.out(`${title}\n`);
    for (const { name: command, usage, about } of commands) c.out(`  ${`${command} ${usage}`.padEnd(42)} ${about}\n`);
  }
  c.out('\nLines may use | ; && || < > quotes, patterns and $(...), as in: cat /proc/$(pgrep kswapd0)/stack\n');
  return 0;
}

function history(c: Invocation): number {
  c.shell.history.forEach((line, i) => c.out(`${String(i + 1).padStart(5)}  ${line}\n`));
  return 0;
}

function exit(c: Invocation): number {
  const [text] = c.args;
  if (text !== undefined && !/^\d+$/.test(text)) return fail(c, `${text}: numeric argument required`, 2);
  c.shell.ended = true;
  return text === undefined ? c.shell.status : Number(text) % 256;
}
