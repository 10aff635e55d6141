import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { PageProps } from '../router.tsx';
import { catalogue, loadCatalogue } from './client.ts';
import './learn.css';
import { LessonList } from './lesson-list.tsx';
import { LessonPage } from './lesson-page.tsx';
import { w } from './ui-words.ts';

/** The lessons: a list, or one of them. */
export function Page({ rest }: PageProps): JSX.Element {
  useEffect(loadCatalogue, []);
  const cards = catalogue.value;
  const id = rest.replace(/^\//, '');
  if (cards === null) return <main class="learn" id="main" tabIndex={-1} aria-busy="true" />;
  if (id === '') return <LessonList cards={cards} />;
  const index = cards.findIndex((card) => card.id === id);
  if (index >= 0) return <LessonPage key={id} cards={cards} index={index} />;
  return (
    <main class="learn" id="main" tabIndex={-1}>
      <p>
        {w('nowhere')} <a href="#/learn">{w('all')}</a>
      </p>
    </main>
  );
}
