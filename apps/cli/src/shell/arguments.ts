/** Options of a command in the manner of getopt(3). */
export interface ParsedArguments {
  /** Options that were given, each with its last value: '' for one that takes none. */
  readonly options: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/**
 * Read options of one letter, which may stand together (`-nr`) and take a value from the rest of their word or from the
 * next one. Operands may stand between them.
 * @param letters those that exist; a `:` behind one says that it takes a value
 * @returns what is wrong, as getopt(3) says it, if there is something
 */
export function parseArguments(args: readonly string[], letters: string): ParsedArguments | string {
  const options = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      continue;
    }
    for (let j = 1; j < arg.length; j++) {
      const letter = arg[j]!;
      const at = letter === ':' ? -1 : letters.indexOf(letter);
      if (at < 0) return `invalid option -- '${letter}'`;
      if (letters[at + 1] !== ':') {
        options.set(letter, '');
        continue;
      }
      const value = j + 1 < arg.length ? arg.slice(j + 1) : args[++i];
      if (value === undefined) return `option requires an argument -- '${letter}'`;
      options.set(letter, value);
      break;
    }
  }
  return { options, operands };
}

/** A span of virtual time: a number and ns, us, ms or s; without a unit, in the default one. @returns ns; NaN if it is none */
export function parseSpan(text: string, defaultUnit: string): number {
  const match = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m)?$/.exec(text);
  if (match === null) return NaN;
  return Math.round(Number(match[1]) * NS[match[2] ?? defaultUnit]!);
}

const NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9 };
