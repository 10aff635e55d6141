/** A program to start from. */
export interface Example {
  readonly id: string;
  readonly scenario: string;
}

const FILES: Readonly<Record<string, string>> = import.meta.glob('../../../examples/*.yaml', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const FIRST: readonly string[] = ['stop-and-return', 'nice-share', 'wait-event', 'lazy-tlb', 'lost-wakeup'];

/** The examples of the repository, the simplest first. */
export const EXAMPLES: readonly Example[] = Object.entries(FILES)
  .map(([file, scenario]) => ({ id: file.replace(/^.*\/|\.yaml$/g, ''), scenario }))
  .sort((a, b) => rank(a.id) - rank(b.id) || (a.id < b.id ? -1 : 1));

function rank(id: string): number {
  const i = FIRST.indexOf(id);
  return i < 0 ? FIRST.length : i;
}

/** An example by its name; the first if there is none of that name. */
export function exampleOf(id: string): Example {
  return EXAMPLES.find((example) => example.id === id) ?? EXAMPLES[0]!;
}
