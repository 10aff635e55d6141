import { fail, type Command, type Invocation, type Paused } from './command.ts';

/** Runs a command with words from its input. */
export const XARGS: Command = {
  name: 'xargs',
  usage: '[-n N | -I WORD] [COMMAND...]',
  about: 'a command with the words of the input as arguments',
  run: xargs,
};

const STATUS_FAILED = 123;

function* xargs(c: Invocation): Paused<number> {
  const args = [...c.args];
  let perRun = Infinity;
  let place = '';
  while (args[0]?.startsWith('-') === true) {
    const option = args.shift()!;
    const value = option.length > 2 ? option.slice(2) : args.shift();
    if (option.startsWith('-n')) perRun = Number(value);
    else if (option.startsWith('-I') && value !== undefined) place = value;
    else return fail(c, `invalid option -- '${option.slice(1)}'`);
  }
  if (!(perRun >= 1)) return fail(c, 'usage: xargs ' + XARGS.usage);
  const command = args.length === 0 ? ['echo'] : args;
  const input = c.stdin ?? '';
  const items = place === '' ? input.split(/\s+/) : input.split('\n').map((line) => line.trim());
  const words = items.filter((word) => word !== '');
  let failed = false;
  const run = function* (line: readonly string[]): Paused<void> {
    let errors = '';
    const text = yield* c.shell.capture(line.map(quoted).join(' '), {
      write: (message) => {
        errors += String(message);
        return true;
      },
    });
    c.out(text);
    c.err(errors);
    failed ||= c.shell.status !== 0;
  };
  if (place !== '') {
    for (const word of words) yield* run(command.map((arg) => arg.replaceAll(place, word)));
  } else {
    for (let i = 0; i === 0 || i < words.length; i += perRun) {
      yield* run([...command, ...words.slice(i, perRun === Infinity ? undefined : i + perRun)]);
      if (perRun === Infinity) break;
    }
  }
  return failed ? STATUS_FAILED : 0;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
