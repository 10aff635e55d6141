import type { Lesson } from './lesson.ts';
import { LESSONS } from './lessons.ts';
import type { LessonCard } from './protocol.ts';

/** What the page knows of each lesson. The site is built with this value and without the code: that needs the model. */
export const CARDS: readonly LessonCard[] = LESSONS.map(cardOf);

function cardOf({ id, title, about, view, machine, questions }: Lesson): LessonCard {
  return {
    id,
    title,
    about,
    ...(view !== undefined && { view }),
    knobs: machine.kind === 'boot' ? machine.knobs : null,
    questions: questions.map((question) => ({ id: question.id, ask: question.ask, answer: question.answer })),
  };
}
