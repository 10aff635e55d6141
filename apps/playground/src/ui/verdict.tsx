import type { JSX } from 'preact';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { formatNs } from '../timeline/format.ts';

/** How the run ended, in one line; who waits for what behind it. */
export function Verdict({ bench }: { readonly bench: Workbench }): JSX.Element {
  const run = bench.run.value;
  if (run === null) return <p class="verdict" />;
  const { kind, message, details } = run.ended;
  const text =
    kind === 'ok'
      ? t('ended.ok', { length: formatNs(run.endNs - run.startNs), events: run.events.count })
      : t(`ended.${kind}`, { message });
  return (
    <div class="verdict" data-kind={kind} role="status">
      <span class="verdict-text">{text}</span>
      {details.length === 0 ? null : (
        <details>
          <summary>{t('ended.details')}</summary>
          <pre>{details.join('\n')}</pre>
        </details>
      )}
    </div>
  );
}
