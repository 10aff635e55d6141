import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { exampleOf } from '../examples.ts';
import { t, type TextKey } from '../i18n/index.ts';
import { Workbench } from '../state/workbench.ts';
import { ProgramPane } from './program-pane.tsx';
import { StatePane } from './state-pane.tsx';
import { TimelinePane } from './timeline-pane.tsx';

const PANES = ['code', 'timeline', 'state'] as const;

/** The page: program, timeline, state. On a phone one of the three at a time. */
export function Playground(): JSX.Element {
  const bench = useMemo(
    () => new Workbench({ scenario: exampleOf('nice-share').scenario, daemon: '', options: {} }),
    [],
  );
  const pane = useSignal<(typeof PANES)[number]>('timeline');
  useEffect(() => {
    void bench.start();
    return () => bench.dispose();
  }, []);
  return (
    <main class="playground" id="main" data-pane={pane.value} tabIndex={-1}>
      <h1 class="visually-hidden">{t('app.title')}</h1>
      <div class="pane-switch" role="group" aria-label={t('nav.playground')}>
        {PANES.map((name) => (
          <button key={name} aria-pressed={pane.value === name} onClick={() => (pane.value = name)}>
            {t(`pane.${name}` as TextKey)}
          </button>
        ))}
      </div>
      <ProgramPane bench={bench} />
      <TimelinePane bench={bench} />
      <StatePane bench={bench} />
    </main>
  );
}
