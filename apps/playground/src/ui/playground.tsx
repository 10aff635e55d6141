import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { t, type TextKey } from '../i18n/index.ts';
import { PlaygroundPage } from '../state/page.ts';
import { ProgramPane } from './program-pane.tsx';
import { StatePane } from './state-pane.tsx';
import { TimelinePane } from './timeline-pane.tsx';
import { usePageKeys } from './keys.ts';

const PANES = ['code', 'timeline', 'state'] as const;

/** The page: program, timeline, state. On a phone one of the three at a time. */
export function Playground(): JSX.Element {
  const page = useMemo(() => {
    const made = new PlaygroundPage();
    // before anything is drawn: the worker loads meanwhile
    void made.open(location.hash);
    return made;
  }, []);
  useEffect(() => {
    const follow = (): void => {
      if (location.hash.startsWith('#p')) void page.open(location.hash);
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
      page.bench.dispose();
    };
  }, []);
  usePageKeys(page);
  return (
    <main
      class="playground"
      id="main"
      data-shown={page.bench.nrShown.value}
      data-pane={page.pane.value}
      data-two={page.bench.second.value === null ? undefined : ''}
      tabIndex={-1}
    >
      <h1 class="visually-hidden">{t('app.title')}</h1>
      <div class="pane-switch" role="group" aria-label={t('nav.playground')}>
        {PANES.map((name) => (
          <button key={name} aria-pressed={page.pane.value === name} onClick={() => (page.pane.value = name)}>
            {t(`pane.${name}` as TextKey)}
          </button>
        ))}
      </div>
      <ProgramPane page={page} />
      <TimelinePane page={page} />
      <StatePane page={page} />
    </main>
  );
}
