import type { JSX } from 'preact';
import type { StateName } from '../engine/protocol.ts';
import { t, type TextKey } from '../i18n/index.ts';
import { stateText } from '../timeline/describe.ts';

const SHOWN: readonly StateName[] = ['running', 'runnable', 'S', 'D', 'I', 'parked', 'frozen'];
const MARKS = ['wake', 'ipi', 'tlb', 'mark', 'work'] as const;

/** What colours and shapes mean. */
export function Legend(): JSX.Element {
  return (
    <details class="menu legend">
      <summary>{t('timeline.legendShort')}</summary>
      <ul class="menu-items">
        {SHOWN.map((state) => (
          <li key={state}>
            <span class="key-bar" data-state={state} />
            {stateText(state)}
          </li>
        ))}
        {MARKS.map((mark) => (
          <li key={mark}>
            <span class="key-mark" data-mark={mark} />
            {t(`mark.${mark}` as TextKey)}
          </li>
        ))}
      </ul>
    </details>
  );
}
