import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { LessonBench } from './lesson-bench.ts';
import { Inline } from './inline-code.tsx';
import { isAnswered } from './progress.ts';
import type { QuestionCard } from './protocol.ts';
import { say, w } from './ui-words.ts';

/** The questions of a lesson. */
export function QuestionCards({ bench }: { readonly bench: LessonBench }): JSX.Element {
  return (
    <section class="questions" aria-label={w('questions')}>
      <h2>{w('questions')}</h2>
      {bench.card.questions.map((question, i) => (
        <Card key={question.id} bench={bench} question={question} number={i + 1} />
      ))}
    </section>
  );
}

interface CardProps {
  readonly bench: LessonBench;
  readonly question: QuestionCard;
  readonly number: number;
}

function Card({ bench, question, number }: CardProps): JSX.Element {
  const answer = useSignal('');
  const { id, answer: form } = question;
  const verdict = bench.verdicts.value[id];
  const done = isAnswered(bench.card.id, id);
  const check = (event: Event): void => {
    event.preventDefault();
    void bench.check(id, answer.value);
  };
  return (
    <form class="question" data-question={id} data-done={done} onSubmit={check}>
      <fieldset>
        <legend>
          <span class="question-number">{number}</span> <Inline text={say(question.ask)} />
        </legend>
        {form.kind === 'choice' ? (
          <div class="choices">
            {form.choices.map(({ value, words }) => (
              <label key={value} class="check">
                <input
                  type="radio"
                  name={`${bench.card.id}.${id}`}
                  value={value}
                  checked={answer.value === value}
                  onChange={() => (answer.value = value)}
                />
                <span>
                  <Inline text={say(words)} />
                </span>
              </label>
            ))}
          </div>
        ) : null}
        <div class="question-row">
          {form.kind === 'number' ? (
            <label>
              <span class="visually-hidden">{w('answer')}</span>
              <input
                type="text"
                inputMode="decimal"
                autocomplete="off"
                size={10}
                value={answer.value}
                onInput={(event) => (answer.value = event.currentTarget.value)}
              />{' '}
              {form.unit}
            </label>
          ) : null}
          {form.kind === 'machine' ? <span class="muted">{w('byMachine')}</span> : null}
          <button
            type="submit"
            class={form.kind === 'machine' ? 'primary' : ''}
            disabled={bench.busy.value || (form.kind !== 'machine' && answer.value.trim() === '')}
          >
            {form.kind === 'machine' ? w('checkMachine') : w('check')}
          </button>
        </div>
      </fieldset>
      <p class="question-verdict" role="status" data-right={verdict?.right}>
        {verdict === undefined ? null : (
          <>
            <strong>{verdict.right ? w('right') : w('wrong')}</strong> <Inline text={say(verdict.say)} />
          </>
        )}
      </p>
    </form>
  );
}
