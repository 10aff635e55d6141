import type { JSX } from 'preact';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { Timeline } from '../timeline/timeline.tsx';
import { StepBar } from './step-bar.tsx';
import { Verdict } from './verdict.tsx';
import { WhyPanel } from './why-panel.tsx';

/** The timeline with its controls, and what there is to say about the selection. */
export function TimelinePane({ bench }: { readonly bench: Workbench }): JSX.Element {
  const model = bench.model.value;
  const second = bench.second.value;
  return (
    <section class="pane timeline-pane" aria-label={t('pane.timeline')}>
      <StepBar bench={bench} />
      <div class="timelines">
        {model === null ? (
          <p class="empty">{bench.busy.value === '' ? t('timeline.empty') : ''}</p>
        ) : (
          <Timeline bench={bench} model={model} main {...(second === null ? {} : { caption: t('timeline.first') })} />
        )}
        {second === null ? null : (
          <Timeline
            bench={bench}
            model={second.model}
            main={false}
            caption={t('timeline.second', { what: optionsText(second.options) })}
          />
        )}
      </div>
      <Verdict bench={bench} />
      <WhyPanel bench={bench} />
    </section>
  );
}

function optionsText(options: object): string {
  return Object.entries(options)
    .map(
      ([name, value]) =>
        `${name} ${
          typeof value === 'object'
            ? Object.entries(value as object)
                .flat()
                .join(' ')
            : String(value)
        }`,
    )
    .join(', ');
}
