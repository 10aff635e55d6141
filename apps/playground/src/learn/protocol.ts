import type { Problem, RunData } from '../engine/protocol.ts';
import type { BootedMachine, Lesson, Panel, Question, Verdict } from './lesson.ts';
import type { Input } from './run-lesson.ts';

/** A question without what checks it. */
export type QuestionCard = Omit<Question, 'check'>;

/** What the page knows of a lesson: everything but the machine, which lives in the worker. */
export interface LessonCard extends Pick<Lesson, 'id' | 'title' | 'about' | 'view'> {
  /** Null: the machine runs a scenario. */
  readonly knobs: BootedMachine<unknown>['knobs'] | null;
  readonly questions: readonly QuestionCard[];
}

/** What the page gets of a run. */
export interface Shown {
  readonly panels: readonly Panel[];
  /** For the timeline of a machine that boots; null for a scenario. */
  readonly data: RunData | null;
  /** Lines of its trace; empty for a scenario. */
  readonly lines: readonly string[];
}

/** Requests to the worker of the lessons, by name. */
export interface LessonRequests {
  /** Run the machine of a lesson. */
  run: { readonly in: { readonly lesson: string; readonly input: Input }; readonly out: Shown };
  /** Hold an answer against the last run. */
  check: { readonly in: { readonly question: string; readonly answer: string }; readonly out: Verdict };
}

/** A request; it says that it is for the lessons, because the worker does other things, too. */
export type LessonAsk = {
  [K in keyof LessonRequests]: {
    readonly to: 'lessons';
    readonly id: number;
    readonly name: K;
    readonly data: LessonRequests[K]['in'];
  };
}[keyof LessonRequests];

/** An answer. */
export type LessonReply =
  | { readonly id: number; readonly kind: 'answer'; readonly data: unknown }
  | { readonly id: number; readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly id: number; readonly kind: 'failed'; readonly message: string };
