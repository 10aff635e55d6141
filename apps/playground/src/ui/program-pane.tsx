import type { JSX } from 'preact';
import { Editor } from '../editor/editor.tsx';
import type { Problem, ProgramOptions } from '../engine/protocol.ts';
import { EXAMPLES } from '../examples.ts';
import { t } from '../i18n/index.ts';
import { DAEMON_SCENARIO, FIRST_DAEMON } from '../sandbox/example.ts';
import type { PlaygroundPage } from '../state/page.ts';

const PREEMPT = ['none', 'voluntary', 'full'] as const;
const CPUS = [1, 2, 3, 4, 8] as const;

/** Choose or write a program, say on what machine, and run it. */
export function ProgramPane({ page }: { readonly page: PlaygroundPage }): JSX.Element {
  const { bench } = page;
  const source = bench.source.value;
  const shown = bench.shown.value;
  const edited = shown !== null && (shown.scenario !== source.scenario || shown.daemon !== source.daemon);
  // the first run is what one comes to see
  const waits = shown === null && bench.busy.value !== '';
  const edit = (change: Partial<typeof source>): void => {
    if (Object.entries(change).every(([key, value]) => source[key as keyof typeof source] === value)) return;
    page.line.value = 0;
    bench.source.value = { ...source, ...change };
  };
  return (
    <section class="pane program" aria-label={t('program.label')}>
      <div class="bar">
        <select
          aria-label={t('program.example')}
          value={page.example.value}
          onChange={(event) => {
            const id = event.currentTarget.value;
            if (id !== 'daemon') return void page.choose(id);
            page.example.value = 'daemon';
            page.editing.value = 'daemon';
            bench.source.value = { scenario: DAEMON_SCENARIO, daemon: FIRST_DAEMON, options: {} };
            void bench.start();
          }}
        >
          {page.example.value === '' ? <option value="">{t('program.own')}</option> : null}
          {EXAMPLES.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
          <option value="daemon">{t('program.daemonExample')}</option>
        </select>
        {bench.busy.value === '' ? (
          <button class="primary run" title={t('program.runKey')} onClick={() => void bench.start()}>
            {t('program.run')}
          </button>
        ) : (
          <button class="primary run" onClick={() => bench.cancel()}>
            {t('program.stop')}
          </button>
        )}
      </div>
      <div class="subbar" role="group" aria-label={t('program.language')}>
        <button aria-pressed={page.editing.value === 'scenario'} onClick={() => (page.editing.value = 'scenario')}>
          {t('program.scenario')}
        </button>
        <button
          aria-pressed={page.editing.value === 'daemon'}
          onClick={() => {
            if (source.daemon.trim() === '') edit({ daemon: FIRST_DAEMON });
            page.editing.value = 'daemon';
          }}
        >
          {t('program.daemon')}
        </button>
        {page.editing.value === 'daemon' && source.daemon.trim() !== '' ? (
          <button
            class="quiet"
            onClick={() => {
              edit({ daemon: '' });
              page.editing.value = 'scenario';
            }}
          >
            {t('program.removeDaemon')}
          </button>
        ) : null}
        <span class="muted note" role="status">
          {bench.busy.value !== '' ? bench.busy.value : edited ? t('program.changed') : ''}
        </span>
      </div>
      {page.editing.value === 'scenario' ? (
        <Editor
          key="scenario"
          language="scenario"
          text={source.scenario}
          label={t('program.scenario')}
          line={page.line.value}
          waits={waits}
          onChange={(scenario) => edit({ scenario })}
          onRun={() => void bench.start()}
        />
      ) : (
        <Editor
          key="daemon"
          language="daemon"
          text={source.daemon}
          label={t('program.daemon')}
          waits={waits}
          onChange={(daemon) => edit({ daemon })}
          onRun={() => void bench.start()}
        />
      )}
      <Problems page={page} />
      <Options page={page} />
    </section>
  );
}

function Problems({ page }: { readonly page: PlaygroundPage }): JSX.Element | null {
  const { problems, failure } = page.bench;
  if (problems.value.length === 0 && failure.value === '') return null;
  const show = (problem: Problem) => () => {
    page.editing.value = problem.where;
    page.line.value = problem.where === 'scenario' ? problem.line : 0;
  };
  return (
    <div class="problems" role="alert">
      {failure.value === '' ? null : <p>{failure.value}</p>}
      <ul>
        {problems.value.map((problem) => (
          <li key={`${problem.line}:${problem.column}:${problem.message}`}>
            <button class="link" onClick={show(problem)}>
              <strong>{t('program.line', { line: problem.line })}</strong> {problem.message}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Options({ page }: { readonly page: PlaygroundPage }): JSX.Element {
  const { bench } = page;
  const { options } = bench.source.value;
  const set = (change: { readonly [K in keyof ProgramOptions]?: ProgramOptions[K] | undefined }): void => {
    const kept = Object.entries({ ...options, ...change }).filter(([, value]) => value !== undefined);
    bench.source.value = { ...bench.source.value, options: Object.fromEntries(kept) };
    void bench.start();
  };
  return (
    <div class="bar options">
      <label>
        {t('program.cpus')}{' '}
        <select
          value={String(options.cpus ?? '')}
          onChange={({ currentTarget: { value } }) => set({ cpus: value === '' ? undefined : Number(value) })}
        >
          <option value="">{t('program.asWritten')}</option>
          {CPUS.map((n) => (
            <option key={n} value={n}>
              {n}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t('program.preempt')}{' '}
        <select
          value={options.preempt ?? ''}
          onChange={({ currentTarget: { value } }) => set({ preempt: PREEMPT.find((mode) => mode === value) })}
        >
          <option value="">{t('program.asWritten')}</option>
          {PREEMPT.map((mode) => (
            <option key={mode}>{mode}</option>
          ))}
        </select>
      </label>
      <label title={t('program.seedHint')}>
        {t('program.seed')}{' '}
        <input
          type="number"
          min={1}
          max={999}
          value={options.seed ?? 1}
          onChange={({ currentTarget: { value } }) => set({ seed: Number(value) > 0 ? Number(value) : undefined })}
        />
      </label>
    </div>
  );
}
