import type { JSX } from 'preact';
import { t } from '../i18n/index.ts';
import type { PlaygroundPage } from '../state/page.ts';
import { Timeline } from '../timeline/timeline.tsx';
import { Legend } from './legend.tsx';
import { SearchBox } from './search-box.tsx';
import { ShareMenu } from './share-menu.tsx';
import { StepBar } from './step-bar.tsx';
import { Verdict } from './verdict.tsx';
import { WhyPanel } from './why-panel.tsx';

/** The timeline with its controls, and what there is to say about the selection. */
export function TimelinePane({ page }: { readonly page: PlaygroundPage }): JSX.Element {
  const { bench } = page;
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
      <div class="bar under">
        <Verdict bench={bench} />
        <SearchBox bench={bench} />
        <Legend />
        <ShareMenu bench={bench} tab={() => page.tab.value} />
      </div>
      {second !== null && bench.span.value < 0 ? null : <WhyPanel bench={bench} />}
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
