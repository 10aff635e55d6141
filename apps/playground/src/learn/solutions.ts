import type { Settings } from './lesson.ts';

/** What a reader does to answer: for specs, and for the tests in the browser. */
export interface Attempt {
  /** What is typed or chosen. */
  readonly answer?: string;
  /** Changes to the scenario: replace this text by that one. */
  readonly edit?: readonly (readonly [string, string])[];
  /** Settings of knobs. */
  readonly settings?: Settings;
}

/** For each question an attempt that is right, and a typical one that is not. */
export type Solutions = Readonly<Record<string, { readonly right: Attempt; readonly wrong: Attempt }>>;

/** The scenario with the changes of an attempt. @throws Error if a text to replace is not there */
export function edited(source: string, { edit = [] }: Attempt): string {
  return edit.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the scenario has no ${JSON.stringify(from)}`);
    return text.replaceAll(from, to);
  }, source);
}
