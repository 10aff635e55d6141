import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { SOLUTIONS } from './all-solutions.ts';
import type { Words } from './lesson.ts';
import { LESSONS } from './lessons.ts';
import { runLesson, type Input } from './run-lesson.ts';
import { edited, type Attempt } from './solutions.ts';
import type { Ran } from './ran.ts';

const FOLDER = new URL('lessons/', import.meta.url);
const LANGUAGES = ['en', 'zh'] as const;

function fileOf(id: string, name: string): string {
  return readFileSync(new URL(`${id}/${name}`, FOLDER), 'utf8');
}

/** Headings by level, and how many paragraphs, items and blocks of code stand below each. */
function outline(markdown: string): string[] {
  const blocks = markdown.replace(/```[^]*?```/g, (code) => code.replace(/\n+/g, ' ')).split(/\n\n+|\n(?=- )/);
  return blocks.map((block) => /^(#+|- |```|> )/.exec(block.trim())?.[1]?.trim() ?? 'text');
}

function numbers(text: string): string[] {
  return (text.match(/\d+(?:\.\d+)*/g) ?? []).sort((a, b) => (a < b ? -1 : 1));
}

/** Runs of the same input are the same: each is done once. */
class Runs {
  readonly #ran = new Map<string, Ran>();

  of(lesson: (typeof LESSONS)[number], input: Input): Ran {
    const key = JSON.stringify(input);
    let ran = this.#ran.get(key);
    if (ran === undefined) this.#ran.set(key, (ran = runLesson(lesson, input).ran));
    return ran;
  }
}

test('there are ten lessons or more, and each folder is one of them', () => {
  const ids = LESSONS.map(({ id }) => id);
  expect(ids.length).toBeGreaterThanOrEqual(10);
  expect(readdirSync(FOLDER).sort()).toEqual([...ids].sort());
});

describe.each(LESSONS.map((lesson) => [lesson.id, lesson] as const))('lesson %s', (id, lesson) => {
  const source = lesson.machine.kind === 'scenario' ? fileOf(id, 'machine.yaml') : null;
  const runs = new Runs();
  const ran = (attempt: Attempt): Ran =>
    runs.of(lesson, source === null ? (attempt.settings ?? {}) : edited(source, attempt));

  test('has a machine that runs', () => {
    expect(ran({}).message).toBe('');
    expect(ran({}).events.length).toBeGreaterThan(10);
  });

  test('says the same in both languages, with the same numbers', () => {
    const [en, zh] = LANGUAGES.map((language) => fileOf(id, `${language}.md`)) as [string, string];
    expect(outline(zh)).toEqual(outline(en));
    expect(numbers(zh)).toEqual(numbers(en));
    expect(zh).toMatch(/\p{Script=Han}/u);
    expect(en).not.toMatch(/\p{Script=Han}/u);
  });

  test('asks questions that the machine answers', () => {
    expect(lesson.questions.length).toBeGreaterThan(0);
    expect(Object.keys(SOLUTIONS[id] ?? {}).sort()).toEqual(lesson.questions.map((question) => question.id).sort());
  });

  describe.each(lesson.questions.map((question) => [question.id, question] as const))(
    'question %s',
    (name, question) => {
      const { right, wrong } = SOLUTIONS[id]![name]!;
      const verdict = (attempt: Attempt) => question.check(ran(attempt), attempt.answer ?? '');

      test('takes the right answer', () => {
        expect(verdict(right)).toMatchObject({ right: true });
      });

      test('refuses a typical wrong one, and says why', () => {
        expect(verdict(wrong)).toMatchObject({ right: false });
      });

      test('is not answered by doing nothing', () => {
        expect(verdict({})).toMatchObject({ right: false });
      });

      test('speaks both languages, with the same numbers', () => {
        const { answer } = question;
        const words: Words[] = [question.ask, verdict(right).say, verdict(wrong).say];
        if (answer.kind === 'choice') words.push(...answer.choices.map((choice) => choice.words));
        for (const { en, zh } of words) {
          expect(numbers(zh)).toEqual(numbers(en));
          expect(en).not.toMatch(/\p{Script=Han}/u);
        }
        expect(question.ask.zh).toMatch(/\p{Script=Han}/u);
      });
    },
  );
});
