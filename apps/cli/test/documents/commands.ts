import { execFileSync, execSync } from 'node:child_process';
import { parse } from 'shell-quote';
import { ROOT, TestDir, kmodel } from '../world.ts';

/** Standard commands that a pipe may end with. */
const FILTERS: readonly string[] = ['grep', 'head', 'sort', 'tail'];

/**
 * What a terminal shows of a pipe of commands: `kmodel` runs in this process, `node FILE` and filters in one of their own.
 * @throws Error for another command
 */
export function printed(line: string): string {
  const dir = new TestDir();
  try {
    let piped = '';
    const commands = commandsOf(line);
    for (const words of commands) {
      const [command = '', ...args] = words[0] === 'npx' ? words.slice(1) : words;
      if (command === 'kmodel') {
        const { out, err } = kmodel(args.map((arg) => (arg === '-' && piped !== '' ? dir.file('input', piped) : arg)));
        // what is said beside the output is in the way where the output goes through a pipe
        piped = commands.length === 1 ? err + out : out;
      } else if (command === 'node') {
        piped = execFileSync(process.execPath, args, {
          cwd: ROOT,
          encoding: 'utf8',
          env: { ...process.env, NODE_OPTIONS: '' },
        });
      } else if (FILTERS.includes(command)) {
        piped = execSync(quoted(command, args), { input: piped, encoding: 'utf8' });
      } else throw new Error(`nothing runs ${command} of: ${line}`);
    }
    return piped.replace(/[ \t]+$/gm, '');
  } finally {
    dir.remove();
  }
}

function commandsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const word of parse(line)) {
    if (typeof word === 'string') commands.at(-1)!.push(word);
    else if ('pattern' in word) commands.at(-1)!.push(word.pattern);
    else if ('op' in word && word.op === '|') commands.push([]);
    else throw new Error(`more than a pipe: ${line}`);
  }
  return commands;
}

function quoted(command: string, args: readonly string[]): string {
  return [command, ...args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`)].join(' ');
}
