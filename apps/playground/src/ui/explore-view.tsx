import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Cancelled, Engine, workerHost } from '../engine/client.ts';
import type { Exploration, ExploreRequest, FoundConflict, FoundFailure, FoundStep } from '../engine/protocol.ts';
import { t, type TextKey } from '../i18n/index.ts';
import { compiled } from '../state/workbench.ts';
import { Icon } from './icon.tsx';
import type { ViewProps } from './state-pane.tsx';

const STRATEGIES = ['dpor', 'dfs', 'pct', 'random'] as const;
const MOST_EXECUTIONS = 100_000;

/** Let the explorer look for an interleaving that fails, and walk through the one it found. */
export function ExploreView({ bench, page }: ViewProps): JSX.Element {
  const strategy = useSignal<ExploreRequest['strategy']>('dpor');
  const progress = useSignal('');
  const found = useSignal<Exploration | null>(null);
  const failure = useSignal('');
  // its own worker: the search does not get in the way of looking at a run
  const engine = useRef<Engine | null>(null);
  useEffect(() => () => engine.current?.end(), []);
  const start = async (): Promise<void> => {
    progress.value = '…';
    found.value = null;
    failure.value = '';
    page.line.value = 0;
    try {
      const program = await compiled(bench.source.value);
      const host = program.daemon === '' ? workerHost : (await import('../sandbox/host.ts')).sandboxHost;
      engine.current = new Engine(host);
      const request = { ...program, strategy: strategy.value, maxExecutions: MOST_EXECUTIONS };
      found.value = await engine.current.ask('explore', request, (text) => (progress.value = text));
    } catch (error) {
      if (!(error instanceof Cancelled)) failure.value = error instanceof Error ? error.message : String(error);
    } finally {
      engine.current?.end();
      progress.value = '';
    }
  };
  return (
    <>
      <p class="muted">
        {t('explore.about')} {bench.source.value.daemon.trim() === '' ? '' : t('explore.daemon')}
      </p>
      <div class="form">
        <select
          aria-label={t('explore.strategy')}
          value={strategy.value}
          onChange={(event) => (strategy.value = STRATEGIES.find((s) => s === event.currentTarget.value) ?? 'dpor')}
        >
          {STRATEGIES.map((name) => (
            <option key={name} value={name}>
              {t(`explore.${name}` as TextKey)}
            </option>
          ))}
        </select>
        {progress.value === '' ? (
          <button class="primary explore-start" onClick={() => void start()}>
            {t('explore.start')}
          </button>
        ) : (
          <button class="primary" onClick={() => engine.current?.end()}>
            {t('explore.cancel')}
          </button>
        )}
        <output class="muted">{progress.value}</output>
      </div>
      {failure.value === '' ? null : <p class="problems">{failure.value}</p>}
      {found.value === null ? null : <Result found={found.value} show={(line) => (page.line.value = line)} />}
    </>
  );
}

function Result({ found, show }: { readonly found: Exploration; readonly show: (line: number) => void }): JSX.Element {
  const { executions, steps, failures } = found;
  if (failures.length === 0) {
    return (
      <p role="status" class="explore-clean">
        {t('explore.none', { executions, steps })} {t(found.complete ? 'explore.complete' : 'explore.sample')}
      </p>
    );
  }
  return (
    <>
      <p role="status">{t('explore.found', { executions, steps })}</p>
      {failures.map((failure) => (
        <Walk key={failure.schedule} failure={failure} show={show} />
      ))}
    </>
  );
}

/** Step by step through a schedule; the line of the step is marked in the editor. */
function Walk({
  failure,
  show,
}: {
  readonly failure: FoundFailure;
  readonly show: (line: number) => void;
}): JSX.Element {
  const { steps } = failure;
  const stepsOf = ({ before, between, after }: FoundConflict): FoundStep[] =>
    [before, between, ...(after === null ? [] : [after])].map((number) => steps[number - 1]!);
  // what can be shown in the source says most, above all the access that came in between
  const shown = (conflict: FoundConflict): number =>
    stepsOf(conflict).filter(({ line }) => line > 0).length + (steps[conflict.between - 1]!.line > 0 ? 3 : 0);
  const conflicts = failure.conflicts.toSorted((a, b) => shown(b) - shown(a));
  const at = useSignal(Math.max(0, (conflicts[0]?.between ?? 1) - 1));
  const go = (to: number): void => {
    at.value = Math.min(Math.max(0, to), steps.length - 1);
    show(steps[at.value]!.line);
    document.querySelector('.walk [aria-current]')?.scrollIntoView({ block: 'nearest' });
  };
  useEffect(() => go(at.value), [failure]);
  const touched = new Set(conflicts.flatMap(({ before, between, after }) => [before, between, after ?? 0]));
  return (
    <div class="walk-box">
      <p class="explore-failure">
        <strong>{failure.kind}</strong>: {failure.message}
      </p>
      <ul class="conflicts">
        {conflicts.slice(0, 3).map((conflict) => {
          const [one, other] = [steps[conflict.before - 1]!, steps[conflict.between - 1]!];
          const values = {
            before: conflict.before,
            after: conflict.after ?? 0,
            one: one.lane,
            other: other.lane,
            object: `${conflict.object}.${conflict.field}`,
          };
          return (
            <li key={`${conflict.before} ${conflict.between} ${conflict.field}`}>
              {t(conflict.after === null ? 'explore.open' : 'explore.conflict', values)}{' '}
              {stepsOf(conflict).map((step) => (
                <button key={step.number} class="chip" onClick={() => go(step.number - 1)}>
                  {step.line > 0 ? t('explore.line', { line: step.line }) : `#${step.number}`}
                </button>
              ))}
            </li>
          );
        })}
      </ul>
      <div class="form">
        <button class="icon" aria-label={t('explore.prev')} onClick={() => go(at.value - 1)}>
          <Icon name="back" />
        </button>
        <output>{t('explore.step', { i: at.value + 1, n: steps.length })}</output>
        <button class="icon" aria-label={t('explore.next')} onClick={() => go(at.value + 1)}>
          <Icon name="forward" />
        </button>
        <span class="muted schedule">
          {t('explore.schedule')} <code>{failure.schedule}</code>
        </span>
      </div>
      <ol class="lines walk">
        {steps.map((step, i) => (
          <li key={step.number}>
            <button
              class="line"
              data-conflict={touched.has(step.number) ? '' : undefined}
              aria-current={i === at.value ? 'step' : undefined}
              onClick={() => go(i)}
            >
              {stepText(step)}
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function stepText({ number, lane, accesses, future, preempted, line }: FoundStep): string {
  const did = accesses
    .map(({ object, field, write }) => `${t(write ? 'explore.writes' : 'explore.reads')} ${object}.${field}`)
    .join(', ');
  const notes = [
    future ? t('explore.time') : '',
    preempted === null ? '' : t('explore.waits', { lane: preempted }),
    line > 0 ? t('explore.line', { line }) : '',
  ].filter((note) => note !== '');
  return `${String(number).padStart(3)}  ${lane.padEnd(14)} ${did}${notes.length > 0 ? `  ← ${notes.join('; ')}` : ''}`;
}
