import type { JSX } from 'preact';
import type { PageProps } from '../router.tsx';
import { CARDS } from './cards.ts';
import './learn.css';
import { LessonList } from './lesson-list.tsx';
import { LessonPage } from './lesson-page.tsx';
import { w } from './ui-words.ts';

/** The lessons: a list, or one of them. */
export function Page({ rest }: PageProps): JSX.Element {
  const id = rest.replace(/^\//, '');
  if (id === '') return <LessonList cards={CARDS} />;
  const index = CARDS.findIndex((card) => card.id === id);
  if (index >= 0) return <LessonPage key={id} cards={CARDS} index={index} />;
  return (
    <main class="learn" id="main" tabIndex={-1}>
      <p>
        {w('nowhere')} <a href="#/learn">{w('all')}</a>
      </p>
    </main>
  );
}
