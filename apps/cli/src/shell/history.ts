/** `!!`, `!5`, `!-2` or `!ps` names no line. */
export class NoSuchEvent extends Error {}

/**
 * Replace what refers to earlier lines: `!!` the last one, `!5` the fifth, `!-2` the last but one, `!ps` the last that
 * begins so. Not in single quotes, not behind a backslash, and not before a space, `=` or `(`.
 * @returns the line; the same if there is nothing to replace
 * @throws NoSuchEvent with what bash says
 */
export function expandHistory(line: string, history: readonly string[]): string {
  return line.replace(/'[^']*'|\\.|!(!|-?\d+|[A-Za-z/.][^\s;|&]*)/g, (sign, event: string | undefined) => {
    if (event === undefined) return sign;
    const found = eventOf(event, history);
    if (found === undefined) throw new NoSuchEvent(`${sign}: event not found`);
    return found;
  });
}

function eventOf(event: string, history: readonly string[]): string | undefined {
  if (event === '!') return history.at(-1);
  const number = Number(event);
  if (Number.isNaN(number)) return history.findLast((line) => line.startsWith(event));
  return number < 0 ? history.at(number) : history[number - 1];
}
