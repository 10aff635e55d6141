import { fail, type Command, type Invocation } from './command.ts';
import { parseArguments } from './arguments.ts';
import { strerror } from './strerror.ts';

/** Commands that show files and text. */
export const FILE_COMMANDS: readonly Command[] = [
  { name: 'cat', usage: '[FILE...]', about: 'files of /proc and /sys', run: cat },
  { name: 'ls', usage: '[-1d] [PATH...]', about: 'what is in a directory', run: ls },
  { name: 'cd', usage: '[DIR | -]', about: 'where paths begin', run: cd },
  { name: 'pwd', usage: '', about: 'where that is', run: pwd },
  { name: 'echo', usage: '[-n] [TEXT...] [> FILE]', about: 'text; with > FILE, written to a file of /sys', run: echo },
  { name: 'true', usage: '', about: 'nothing, with success', run: () => 0 },
  { name: 'false', usage: '', about: 'nothing, without success', run: () => 1 },
];

function cat(c: Invocation): number {
  const files = c.args.filter((arg) => arg !== '-n' || c.args.length === 1);
  if (files.length === 0) {
    c.out(c.stdin ?? '');
    return 0;
  }
  let status = 0;
  for (const file of files) {
    const text = file === '-' ? (c.stdin ?? '') : c.shell.readFile(file);
    if (typeof text === 'string') c.out(text);
    else status = fail(c, `${file}: ${strerror(text)}`);
  }
  return status;
}

function ls(c: Invocation): number {
  const parsed = parseArguments(c.args, '1adl');
  if (typeof parsed === 'string') return fail(c, parsed, 2);
  const paths = parsed.operands.length === 0 ? ['.'] : parsed.operands;
  const files: string[] = [];
  const directories: { readonly path: string; readonly names: readonly string[] }[] = [];
  let status = 0;
  for (const path of paths) {
    const names = c.shell.listDir(path);
    if (typeof names !== 'number' && !parsed.options.has('d')) directories.push({ path, names });
    else if (typeof names !== 'number' || typeof c.shell.readFile(path) === 'string') files.push(path);
    else status = fail(c, `cannot access '${path}': ${strerror(names)}`, 2);
  }
  const blocks = directories.map(({ path, names }) => (paths.length > 1 ? [`${path}:`, ...names] : [...names]));
  if (files.length > 0) blocks.unshift(files);
  c.out(blocks.map((lines) => lines.map((line) => `${line}\n`).join('')).join('\n'));
  return status;
}

function cd(c: Invocation): number {
  const { shell } = c;
  const [to = '/', ...rest] = c.args;
  if (rest.length > 0) return fail(c, 'too many arguments');
  const path = shell.resolve(to === '-' ? shell.previousCwd : to);
  const names = shell.listDir(path);
  if (typeof names === 'number') return fail(c, `${to}: ${strerror(names)}`);
  shell.previousCwd = shell.cwd;
  shell.cwd = path;
  if (to === '-') c.out(`${path}\n`);
  return 0;
}

function pwd(c: Invocation): number {
  c.out(`${c.shell.cwd}\n`);
  return 0;
}

function echo(c: Invocation): number {
  const bare = c.args[0] === '-n';
  c.out((bare ? c.args.slice(1) : c.args).join(' ') + (bare ? '' : '\n'));
  return 0;
}
