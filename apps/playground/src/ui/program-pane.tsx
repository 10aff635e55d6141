import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ProgramOptions } from '../engine/protocol.ts';
import { EXAMPLES, exampleOf } from '../examples.ts';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';

const PREEMPT = ['none', 'voluntary', 'full'] as const;

/** Choose or write a program, say on what machine, and run it. */
export function ProgramPane({ bench }: { readonly bench: Workbench }): JSX.Element {
  const example = useSignal('nice-share');
  const { program } = bench;
  const options = (change: Partial<ProgramOptions>): void => {
    const next = Object.fromEntries(
      Object.entries({ ...program.value.options, ...change }).filter(([, value]) => value !== undefined),
    );
    program.value = { ...program.value, options: next };
    void bench.start();
  };
  return (
    <section class="pane program" aria-label={t('program.label')}>
      <div class="bar">
        <select
          aria-label={t('program.example')}
          value={example.value}
          onChange={(event) => {
            example.value = event.currentTarget.value;
            program.value = { ...program.value, scenario: exampleOf(example.value).scenario, options: {} };
            void bench.start();
          }}
        >
          {EXAMPLES.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
        {bench.busy.value === '' ? (
          <button class="primary" onClick={() => void bench.start()}>
            {t('program.run')}
          </button>
        ) : (
          <button class="primary" onClick={() => bench.cancel()}>
            {t('program.stop')}
          </button>
        )}
      </div>
      <textarea
        class="plain-editor"
        aria-label={t('program.scenario')}
        spellcheck={false}
        value={program.value.scenario}
        onInput={(event) => (program.value = { ...program.value, scenario: event.currentTarget.value })}
      />
      {bench.problems.value.length === 0 ? null : (
        <ul class="problems">
          {bench.problems.value.map((problem) => (
            <li key={`${problem.line}:${problem.column}`}>
              <strong>{t('program.line', { line: problem.line })}</strong> {problem.message}
            </li>
          ))}
        </ul>
      )}
      {bench.failure.value === '' ? null : <p class="problems">{bench.failure.value}</p>}
      <div class="bar options">
        <label>
          {t('program.cpus')}{' '}
          <select
            value={String(program.value.options.cpus ?? '')}
            onChange={({ currentTarget: { value } }) =>
              options({ cpus: value === '' ? undefined : Number(value) } as ProgramOptions)
            }
          >
            <option value="">{t('program.asWritten')}</option>
            {[1, 2, 4, 8].map((n) => (
              <option key={n} value={n}>
                {n}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t('program.preempt')}{' '}
          <select
            value={program.value.options.preempt ?? ''}
            onChange={({ currentTarget: { value } }) =>
              options({ preempt: value === '' ? undefined : value } as ProgramOptions)
            }
          >
            <option value="">{t('program.asWritten')}</option>
            {PREEMPT.map((mode) => (
              <option key={mode}>{mode}</option>
            ))}
          </select>
        </label>
      </div>
    </section>
  );
}
