import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { headline, reasons } from '../timeline/describe.ts';
import { selectNeighbour, zoomToSpan } from '../timeline/timeline.tsx';
import { whySpan } from '../timeline/why.ts';
import { TraceLine } from './trace-line.tsx';

/** The selected span in words: who woke the task, why it waited, what happened meanwhile. */
export function WhyPanel({ bench }: { readonly bench: Workbench }): JSX.Element {
  const model = bench.model.value;
  const span = bench.span.value;
  const lines = useSignal<readonly string[]>([]);
  const why = model === null || span < 0 ? null : whySpan(model, span);
  useEffect(() => {
    lines.value = [];
    if (why === null) return;
    let current = true;
    bench.engine.ask('linesOf', { events: why.events }).then(
      (found) => {
        if (current) lines.value = found;
      },
      () => {},
    );
    return () => void (current = false);
  }, [model, span]);
  return (
    <section class="why" aria-label={t('why.title')}>
      {model === null || why === null ? (
        <p class="muted">{t('why.none')}</p>
      ) : (
        <>
          <div class="why-head">
            <p>
              <strong>{headline(why)}</strong> {reasons(why).join(' ')}
            </p>
            <span class="why-actions">
              {why.waker === null ? null : (
                <button class="quiet" onClick={() => bench.seek(why.waker!.event)}>
                  {t('step.wakeup')}
                </button>
              )}
              <button class="quiet" onClick={() => selectNeighbour(bench, model, -1)}>
                {t('why.prev')}
              </button>
              <button class="quiet" onClick={() => selectNeighbour(bench, model, 1)}>
                {t('why.following')}
              </button>
              <button class="quiet" onClick={() => zoomToSpan(bench, model, span)}>
                {t('why.zoom')}
              </button>
            </span>
          </div>
          <ol class="lines" aria-label={t('why.events')}>
            {lines.value.map((line, i) => (
              <li key={why.events[i]}>
                <TraceLine
                  text={line}
                  current={why.events[i] === bench.cursor.value}
                  onClick={() => bench.seek(why.events[i]!)}
                />
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
