import { EXAMPLE_DAEMONS } from '../load-daemon-file.ts';
import { COMMANDS } from './commands.ts';
import type { Shell } from './shell.ts';

/** Commands whose words are no files. */
const NO_FILES: readonly string[] = [
  'exit',
  'history',
  'kill',
  'lsmod',
  'nproc',
  'pgrep',
  'pidof',
  'ps',
  'run',
  'sleep',
  'step',
];

/** Commands that take pids. */
const TAKE_PIDS: readonly string[] = ['kill', 'chrt', 'taskset', 'renice'];

/** What the word at the end of a line could become. @returns the candidates, and the word, as readline wants them */
export function complete(shell: Shell, line: string): [string[], string] {
  const segment = line.split(/[|;&]/).at(-1)!.trimStart();
  const words = segment.split(/\s+/);
  const word = words.at(-1)!;
  if (words.length === 1) return [startingWith([...COMMANDS.keys()], word).map((name) => `${name} `), word];
  return [candidates(shell, words[0]!, word), word];
}

function candidates(shell: Shell, command: string, word: string): string[] {
  const file = word.replace(/^[<>]+/, '');
  if (file.startsWith('/')) return paths(shell, file);
  if (command === 'insmod') return startingWith([...new Set([...shell.modules.names(), ...EXAMPLE_DAEMONS])], word);
  if (command === 'rmmod') return startingWith(shell.modules.loaded(), word);
  if (command === 'trace') return startingWith(['on', 'off', 'show', 'clear'], word);
  if (command === 'help' || command === 'watch') return startingWith([...COMMANDS.keys()], word);
  if (TAKE_PIDS.includes(command)) return startingWith([...shell.machine.sched.tasks.keys()].map(String), word);
  return NO_FILES.includes(command) || word.startsWith('-') ? [] : paths(shell, file);
}

function paths(shell: Shell, word: string): string[] {
  const cut = word.lastIndexOf('/') + 1;
  const dir = word.slice(0, cut);
  const names = shell.listDir(dir === '' ? '.' : dir);
  if (typeof names === 'number') return [];
  return startingWith(names, word.slice(cut)).map((name) => {
    const path = dir + name;
    return typeof shell.listDir(path) === 'number' ? path : `${path}/`;
  });
}

function startingWith(names: readonly string[], word: string): string[] {
  return names.filter((name) => name.startsWith(word));
}
