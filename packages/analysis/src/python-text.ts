/** The text that Python prints for a value in a message of compare.py: `repr` of a string or of a list of numbers. */
export function repr(value: string | readonly number[] | undefined): string {
  if (value === undefined) return 'None';
  if (typeof value !== 'string') return `[${value.join(', ')}]`;
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  return quote + value.replace(/[\\]/g, '\\\\').replaceAll(quote, quote === '"' ? '"' : "\\'") + quote;
}

/** The keys of both maps in order of code points, each once. */
export function sortedKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => (x < y ? -1 : 1));
}
