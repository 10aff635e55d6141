import type { Choice, Verdict, Words } from './lesson.ts';

/** Choices that are called the same in every language: names, letters, states. */
export function choices(...values: readonly string[]): { kind: 'choice'; choices: readonly Choice[] } {
  return {
    kind: 'choice',
    choices: values.map((value) => ({ value, words: { en: `\`${value}\``, zh: `\`${value}\`` } })),
  };
}

/** The answer is right. */
export function yes(en: string, zh: string): Verdict {
  return { right: true, say: { en, zh } };
}

/** The answer is wrong, or the run shows nothing that could decide. */
export function no(en: string, zh: string): Verdict {
  return { right: false, say: { en, zh } };
}

/** The run itself failed: the machine has to run before it can answer. */
export function failed(message: string): Verdict {
  return no(`The run fails: ${message}.`, `运行失败：${message}。`);
}

/** A text in both languages. */
export function words(en: string, zh: string): Words {
  return { en, zh };
}
