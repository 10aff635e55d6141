import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { formatNs } from '../timeline/format.ts';
import type { ViewProps } from './state-pane.tsx';

interface Exchange {
  readonly line: string;
  readonly text: string;
}

/** A shell on the machine under the cursor; once a command takes time, on a machine of its own that goes on from there. */
export function ShellView({ bench }: ViewProps): JSX.Element {
  const past = useSignal<readonly Exchange[]>([]);
  const line = useSignal('');
  const busy = useSignal(false);
  const history = useSignal<readonly string[]>([]);
  const back = useSignal(0);
  // ns since boot once time has passed in the shell; -1 as long as it stands where the cursor is
  const movedTo = useSignal(-1);
  const known = useSignal(false);
  const end = useRef<HTMLDivElement>(null);
  const run = bench.run.value;
  useEffect(() => {
    past.value = [];
    movedTo.value = -1;
    known.value = false;
  }, [run]);
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [past.value]);
  const submit = async (): Promise<void> => {
    const typed = line.value;
    if (typed.trim() === '' || busy.value) return;
    busy.value = true;
    line.value = '';
    back.value = 0;
    history.value = [...history.value, typed];
    try {
      const request = { event: bench.cursor.value, line: typed, fresh: !known.value };
      const { text, nowNs, moved } = await bench.engine.ask('shell', request);
      known.value = true;
      if (moved) movedTo.value = nowNs;
      past.value = [...past.value, { line: typed, text }];
    } catch (error) {
      past.value = [...past.value, { line: typed, text: error instanceof Error ? error.message : String(error) }];
    } finally {
      busy.value = false;
    }
  };
  const recall = (by: number): void => {
    back.value = Math.min(Math.max(0, back.value + by), history.value.length);
    line.value = back.value === 0 ? '' : history.value[history.value.length - back.value]!;
  };
  return (
    <div class="shell">
      <div class="form">
        <p class="muted">{t('shell.hint')}</p>
        {movedTo.value < 0 ? null : (
          <button
            class="quiet"
            onClick={() => {
              past.value = [];
              movedTo.value = -1;
              known.value = false;
            }}
          >
            {t('shell.restart')}
          </button>
        )}
      </div>
      <div class="shell-past" role="log" tabIndex={0} aria-label={t('shell.title')}>
        {past.value.map(({ line: typed, text }, i) => (
          <div key={i}>
            <div class="shell-typed">
              <span class="muted"># </span>
              {typed}
            </div>
            {text === '' ? null : <pre>{text}</pre>}
          </div>
        ))}
        <div ref={end} />
      </div>
      <form
        class="shell-line"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <span class="muted" aria-hidden="true">
          {run === null ? '#' : `${formatNs(movedTo.value < 0 ? bench.cursorNs.value : movedTo.value - run.startNs)} #`}
        </span>
        <input
          type="text"
          value={line.value}
          aria-label={t('shell.label')}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          placeholder="ps -ef"
          onInput={(event) => (line.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
            event.preventDefault();
            recall(event.key === 'ArrowUp' ? 1 : -1);
          }}
        />
      </form>
    </div>
  );
}
