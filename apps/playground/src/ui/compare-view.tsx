import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { ProgramOptions, RunData } from '../engine/protocol.ts';
import { t } from '../i18n/index.ts';
import { formatNs } from '../timeline/format.ts';
import { RUNNABLE, RUNNING } from '../timeline/model.ts';
import type { ViewProps } from './state-pane.tsx';

const PREEMPT = ['none', 'voluntary', 'full'] as const;
type What = 'nice' | 'preempt' | 'cpus';

/** Change one thing and run again beside the first run. */
export function CompareView({ bench }: ViewProps): JSX.Element {
  const run = bench.run.value;
  const what = useSignal<What>('nice');
  const thread = useSignal('');
  const nice = useSignal(-5);
  const preempt = useSignal<(typeof PREEMPT)[number]>('full');
  const cpus = useSignal(1);
  if (run === null) return <p class="muted">{t('view.none')}</p>;
  const name = run.threads.includes(thread.value) ? thread.value : (run.threads[1] ?? run.threads[0]!);
  const options = (): ProgramOptions => {
    if (what.value === 'nice') return { nice: { [name]: nice.value } };
    return what.value === 'preempt' ? { preempt: preempt.value } : { cpus: cpus.value };
  };
  const second = bench.second.value;
  return (
    <>
      <p class="muted">{t('compare.about')}</p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void bench.compare(options());
        }}
      >
        <select
          aria-label={t('tab.compare')}
          value={what.value}
          onChange={(event) => (what.value = event.currentTarget.value as What)}
        >
          <option value="nice">{t('compare.nice')}</option>
          <option value="preempt">{t('compare.preempt')}</option>
          <option value="cpus">{t('compare.cpus')}</option>
        </select>
        {what.value === 'nice' ? (
          <>
            <select
              aria-label={t('compare.task')}
              value={name}
              onChange={(event) => (thread.value = event.currentTarget.value)}
            >
              {run.threads.map((comm) => (
                <option key={comm}>{comm}</option>
              ))}
            </select>
            <input
              type="number"
              min={-20}
              max={19}
              aria-label={t('compare.nice')}
              value={nice.value}
              onInput={(event) => (nice.value = Math.min(19, Math.max(-20, Number(event.currentTarget.value) || 0)))}
            />
          </>
        ) : what.value === 'preempt' ? (
          <select
            aria-label={t('compare.preempt')}
            value={preempt.value}
            onChange={(event) => (preempt.value = PREEMPT.find((mode) => mode === event.currentTarget.value) ?? 'full')}
          >
            {PREEMPT.map((mode) => (
              <option key={mode}>{mode}</option>
            ))}
          </select>
        ) : (
          <input
            type="number"
            min={1}
            max={8}
            aria-label={t('compare.cpus')}
            value={cpus.value}
            onInput={(event) => (cpus.value = Math.min(8, Math.max(1, Number(event.currentTarget.value) || 1)))}
          />
        )}
        <button class="primary" type="submit">
          {t('compare.run')}
        </button>
        {second === null ? null : (
          <button type="button" onClick={() => bench.closeSecond()}>
            {t('compare.close')}
          </button>
        )}
      </form>
      {second === null ? null : <Sums first={run} second={second.model.run} />}
    </>
  );
}

/** How long each task ran and waited, in both runs. */
function Sums({ first, second }: { readonly first: RunData; readonly second: RunData }): JSX.Element {
  const rows = [sums(first), sums(second)] as const;
  const names = [...rows[0].keys()].filter((name) => rows[1].has(name));
  return (
    <table class="data sums">
      <thead>
        <tr>
          <th scope="col" rowSpan={2}>
            {t('compare.task')}
          </th>
          <th scope="colgroup" class="n" colSpan={2}>
            {t('compare.ran')}
          </th>
          <th scope="colgroup" class="n" colSpan={2}>
            {t('compare.waited')}
          </th>
        </tr>
        <tr>
          {(['first', 'second', 'first', 'second'] as const).map((which, i) => (
            <th key={i} scope="col" class="n">
              {t(`compare.${which}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t('compare.took')}</th>
          <td class="n">{formatNs(first.endNs - first.startNs)}</td>
          <td class="n">{formatNs(second.endNs - second.startNs)}</td>
          <td />
          <td />
        </tr>
        {names.map((name) => {
          const [a, b] = [rows[0].get(name)!, rows[1].get(name)!];
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="n">{formatNs(a.ran)}</td>
              <td class="n">{formatNs(b.ran)}</td>
              <td class="n">{formatNs(a.waited)}</td>
              <td class="n">{formatNs(b.waited)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function sums({ lanes, spans }: RunData): Map<string, { ran: number; waited: number }> {
  const out = new Map<string, { ran: number; waited: number }>();
  for (const lane of lanes) {
    if (lane.kind !== 'task' || !lane.own) continue;
    const sum = { ran: 0, waited: 0 };
    for (let i = lane.first; i < lane.first + lane.count; i++) {
      const ns = spans.end[i]! - spans.start[i]!;
      if (spans.state[i] === RUNNING) sum.ran += ns;
      else if (spans.state[i] === RUNNABLE) sum.waited += ns;
    }
    out.set(lane.name, sum);
  }
  return out;
}
