import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { toHash } from '../state/share.ts';
import type { Workbench } from '../state/workbench.ts';
import { download } from './download.ts';

/** A link to this instant, and files to take away. */
export function ShareMenu({ bench, tab }: { readonly bench: Workbench; readonly tab: () => string }): JSX.Element {
  const said = useSignal('');
  const menu = useRef<HTMLDetailsElement>(null);
  const run = bench.run.value;
  const close = (): void => {
    if (menu.current !== null) menu.current.open = false;
  };
  const link = async (): Promise<void> => {
    const hash = toHash({
      ...(bench.shown.value ?? bench.source.value),
      cursor: bench.cursor.value,
      view: bench.view.value,
      span: bench.span.value,
      tab: tab(),
    });
    history.replaceState(null, '', `#${hash}`);
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    said.value = t('share.copied');
    setTimeout(() => (said.value = ''), 2500);
    close();
  };
  const name = run?.title ?? 'trace';
  const item = (text: string, act: () => void | Promise<void>): JSX.Element => (
    <button class="quiet" disabled={run === null} onClick={() => void act()}>
      {text}
    </button>
  );
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <summary>{said.value === '' ? t('share.label') : said.value}</summary>
      <div class="menu-items">
        {item(t('share.link'), link)}
        {item(t('share.trace'), async () => {
          download(`${name}.trace`, await bench.engine.ask('trace', {}));
          close();
        })}
        {item(t('share.perfetto'), async () => {
          download(`${name}.json`, await bench.engine.ask('chrome', {}), 'application/json');
          close();
        })}
        {item(t('share.image'), () => {
          const canvas = document.querySelector<HTMLCanvasElement>('.timeline-box canvas');
          canvas?.toBlob((blob) => blob !== null && download(`${name}.png`, blob));
          close();
        })}
      </div>
      <span class="visually-hidden" role="status">
        {said.value}
      </span>
    </details>
  );
}
