import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { Icon } from './icon.tsx';

/** Finds text in the trace and leads from hit to hit; the hits are marked in the timeline. */
export function SearchBox({ bench }: { readonly bench: Workbench }): JSX.Element {
  const text = useSignal('');
  const found = bench.found.value;
  const here = found.indexOf(bench.cursor.value);
  const search = async (): Promise<void> => {
    if (text.value.trim() === '') {
      bench.found.value = new Int32Array(0);
      return;
    }
    const wanted = text.value;
    const hits = await bench.engine.ask('find', { text: wanted });
    if (wanted !== text.value) return;
    bench.found.value = hits;
    const next = hits.find((event) => event >= bench.cursor.value) ?? hits[0];
    if (next !== undefined) bench.seek(next);
  };
  const go = (by: 1 | -1): void => {
    if (found.length === 0) return;
    const cursor = bench.cursor.value;
    const i =
      here >= 0
        ? here + by
        : by > 0
          ? found.findIndex((event) => event > cursor)
          : found.findLastIndex((event) => event < cursor);
    bench.seek(found[(i + found.length) % found.length]!);
  };
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        go(1);
      }}
    >
      <Icon name="search" />
      <input
        type="search"
        value={text.value}
        placeholder={t('timeline.search')}
        aria-label={t('timeline.search')}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          void search();
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !event.shiftKey) return;
          event.preventDefault();
          go(-1);
        }}
      />
      <output class="muted hits">
        {text.value === ''
          ? ''
          : found.length === 0
            ? t('timeline.noHits')
            : t('timeline.hits', { i: here < 0 ? '–' : here + 1, n: found.length })}
      </output>
    </form>
  );
}
