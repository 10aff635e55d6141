import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { TraceLine } from './trace-line.tsx';

/** Lines before and after the cursor that are shown. */
const AROUND = 40;

/** The trace around the cursor, in the format of tracefs. */
export function TraceView({ bench }: { readonly bench: Workbench }): JSX.Element {
  const lines = useSignal<{ readonly from: number; readonly lines: readonly string[] }>({ from: 0, lines: [] });
  const { model, cursor } = bench;
  const n = model.value?.run.events.count ?? 0;
  useEffect(() => {
    if (n === 0) return;
    let current = true;
    const from = Math.max(0, cursor.value - AROUND);
    const count = Math.min(n - from, AROUND * 2 + 1);
    bench.engine.ask('lines', { from, count }).then(
      (found) => {
        if (current) lines.value = { from, lines: found };
      },
      () => {},
    );
    return () => void (current = false);
  }, [model.value, cursor.value]);
  useEffect(() => {
    document.querySelector('.trace-lines [aria-current]')?.scrollIntoView({ block: 'nearest' });
  }, [lines.value]);
  return (
    <ol class="lines trace-lines" aria-label={t('tab.trace')}>
      {lines.value.lines.map((line, i) => (
        <li key={lines.value.from + i}>
          <TraceLine
            text={line}
            current={lines.value.from + i === cursor.value}
            onClick={() => bench.seek(lines.value.from + i)}
          />
        </li>
      ))}
    </ol>
  );
}
