import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { nrAnswered } from './progress.ts';
import type { LessonCard } from './protocol.ts';
import { say, w } from './ui-words.ts';

/** What there is to learn, and how far the reader is. */
export function LessonList({ cards }: { readonly cards: readonly LessonCard[] }): JSX.Element {
  const next = cards.find((card) => nrAnswered(card) < card.questions.length) ?? cards[0]!;
  const begun = cards.some((card) => nrAnswered(card) > 0);
  useEffect(() => void (document.title = `${w('title')} · kernel-model`));
  return (
    <main class="learn" id="main" tabIndex={-1}>
      <div class="learn-list">
        <h1>{w('title')}</h1>
        <p class="learn-lead">{w('intro')}</p>
        <p class="muted">{w('source')}</p>
        <p>
          <a class="learn-go" href={`#/learn/${next.id}`}>
            {begun ? w('goOn', { title: say(next.title) }) : w('begin')}
          </a>
        </p>
        <ol class="lessons">
          {cards.map((card, i) => (
            <li key={card.id}>
              <span class="lesson-number">{i + 1}</span>
              <div>
                <h2>
                  <a href={`#/learn/${card.id}`}>{say(card.title)}</a>
                </h2>
                <p>{say(card.about)}</p>
              </div>
              <Progress card={card} />
            </li>
          ))}
        </ol>
      </div>
    </main>
  );
}

/** A dot for each question, full if it was answered. */
export function Progress({ card }: { readonly card: LessonCard }): JSX.Element {
  const n = nrAnswered(card);
  const all = card.questions.length;
  return (
    <span class="dots" role="img" aria-label={n === all ? w('done') : w('answered', { n, all })}>
      {card.questions.map(({ id }, i) => (
        <i key={id} data-full={i < n} />
      ))}
    </span>
  );
}
