import { ScenarioError } from '@kernel-model/scenario';
import type { Lesson } from './lesson.ts';
import { LESSONS } from './lessons.ts';
import type { LessonAsk, LessonReply, LessonRequests } from './protocol.ts';
import type { Ran } from './ran.ts';
import { runLesson } from './run-lesson.ts';

/** Runs lessons and checks answers, for a page that has none of the model. */
export class LessonServer {
  #last: { readonly lesson: Lesson; readonly ran: Ran } | null = null;

  /** Answer a request; errors are answers, too. */
  take({ id, name, data }: LessonAsk): LessonReply {
    try {
      return { id, kind: 'answer', data: this.#answers[name](data as never) };
    } catch (error) {
      if (error instanceof ScenarioError) {
        const problems = error.problems.map(({ message, line, column }) => ({
          message,
          line,
          column,
          where: 'scenario' as const,
        }));
        return { id, kind: 'problems', problems };
      }
      return { id, kind: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  readonly #answers: {
    readonly [K in keyof LessonRequests]: (data: LessonRequests[K]['in']) => LessonRequests[K]['out'];
  } = {
    run: ({ lesson: id, input }) => {
      const lesson = LESSONS.find((one) => one.id === id);
      if (lesson === undefined) throw new Error(`there is no lesson ${id}`);
      this.#last = null;
      const { ran, data, lines } = runLesson(lesson, input);
      this.#last = { lesson, ran };
      return { panels: lesson.panels?.(ran) ?? [], data, lines };
    },
    check: ({ question: id, answer }) => {
      const { lesson, ran } = this.#last ?? missing();
      const question = lesson.questions.find((one) => one.id === id) ?? missing();
      return question.check(ran, answer);
    },
  };
}

function missing(): never {
  throw new Error('nothing has run');
}
