/** `$(COMMAND)` in a line. */
export interface Substitution {
  /** Where its `$` is, and what comes behind its `)`. */
  readonly from: number;
  readonly to: number;
  readonly command: string;
  /** It stands in double quotes: its output stays one word. */
  readonly quoted: boolean;
}

/** The substitutions of a line that are not part of another one, in order; one that is not closed is none. */
export function substitutions(line: string): Substitution[] {
  const found: Substitution[] = [];
  let open = '';
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (c === '\\' && open !== "'") i++;
    else if (c === '$' && line[i + 1] === '(' && open !== "'") {
      const to = closing(line, i + 2);
      if (to < 0) return found;
      found.push({ from: i, to, command: line.slice(i + 2, to - 1), quoted: open === '"' });
      i = to - 1;
    } else if (open !== '') open = c === open ? '' : open;
    else if (c === "'" || c === '"') open = c;
    else if (c === '#' && (i === 0 || /\s/.test(line[i - 1]!))) break;
  }
  return found;
}

/** Behind the parenthesis that closes what has been opened before; -1 if none does. */
function closing(line: string, start: number): number {
  let depth = 1;
  let open = '';
  for (let i = start; i < line.length; i++) {
    const c = line[i]!;
    if (c === '\\' && open !== "'") i++;
    else if (open !== '') open = c === open ? '' : open;
    else if (c === "'" || c === '"') open = c;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i + 1;
  }
  return -1;
}

/** What a command wrote, as a part of a line: words that nothing else is read from, or, in quotes, text. */
export function asLine({ quoted }: Substitution, output: string): string {
  const text = output.replace(/\n+$/, '');
  if (quoted) return text.replace(/["$\\]/g, '\\$&');
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `'${word.replaceAll("'", `'"'"'`)}'`)
    .join(' ');
}
