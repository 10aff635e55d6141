import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { locale } from '../i18n/index.ts';
import { Progress } from './lesson-list.tsx';
import { LessonBench } from './lesson-bench.ts';
import { MachinePane } from './machine-pane.tsx';
import type { LessonCard } from './protocol.ts';
import { QuestionCards } from './question-cards.tsx';
import { scenarioOf, textOf } from './texts.ts';
import { say, w } from './ui-words.ts';

/** One lesson: its text, its machine, its questions. */
export function LessonPage({
  cards,
  index,
}: {
  readonly cards: readonly LessonCard[];
  readonly index: number;
}): JSX.Element {
  const card = cards[index]!;
  const source = card.knobs === null ? scenarioOf(card.id) : null;
  const html = textOf(card.id, locale.value);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${say(card.title)} · kernel-model`;
  });
  useEffect(() => heading.current?.focus(), []);
  return (
    <main class="learn" id="main" tabIndex={-1}>
      <article class="lesson">
        <header class="lesson-head">
          <p class="muted">
            <a href="#/learn">{w('all')}</a> · {w('lesson', { n: index + 1, all: cards.length })}{' '}
            <Progress card={card} />
          </p>
          <h1 ref={heading} tabIndex={-1}>
            {say(card.title)}
          </h1>
        </header>
        <div class="lesson-text" dangerouslySetInnerHTML={{ __html: html }} />
        {source === '' ? null : <Bench card={card} source={source} />}
        <Neighbours cards={cards} index={index} />
      </article>
    </main>
  );
}

/** Machine and questions share what has run. */
function Bench({ card, source }: { readonly card: LessonCard; readonly source: string | null }): JSX.Element {
  const bench = useMemo(() => new LessonBench(card, source), [card.id]);
  useEffect(() => {
    void bench.run();
    return () => bench.dispose();
  }, [bench]);
  return (
    <>
      <MachinePane bench={bench} />
      <QuestionCards bench={bench} />
    </>
  );
}

function Neighbours({ cards, index }: { readonly cards: readonly LessonCard[]; readonly index: number }): JSX.Element {
  const before = cards[index - 1];
  const after = cards[index + 1];
  return (
    <nav class="neighbours" aria-label={w('all')}>
      {before === undefined ? (
        <span />
      ) : (
        <a href={`#/learn/${before.id}`}>{w('previous', { title: say(before.title) })}</a>
      )}
      {after === undefined ? (
        <a href="#/learn">{w('all')}</a>
      ) : (
        <a href={`#/learn/${after.id}`}>{w('next', { title: say(after.title) })}</a>
      )}
    </nav>
  );
}
