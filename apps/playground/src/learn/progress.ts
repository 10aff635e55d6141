import { signal } from '@preact/signals';
import { remember, remembered } from '../i18n/index.ts';
import type { LessonCard } from './protocol.ts';

const KEPT = 'kernel-model.learn';

/** `lesson/question` of what was answered. */
const answered = signal<ReadonlySet<string>>(new Set(read()));

function read(): string[] {
  try {
    const list: unknown = JSON.parse(remembered(KEPT) ?? '[]');
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** Was the question answered, now or on a former visit? */
export function isAnswered(lesson: string, question: string): boolean {
  return answered.value.has(`${lesson}/${question}`);
}

/** Number of questions of a lesson that were answered. */
export function nrAnswered({ id, questions }: LessonCard): number {
  return questions.filter((question) => isAnswered(id, question.id)).length;
}

/** Remember an answered question, on this computer only. */
export function setAnswered(lesson: string, question: string): void {
  if (isAnswered(lesson, question)) return;
  answered.value = new Set([...answered.value, `${lesson}/${question}`]);
  remember(KEPT, JSON.stringify([...answered.value]));
}
