import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { PoolView } from '../engine/snapshot.ts';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';

/** The worker pools, with what their workers execute and what waits. */
export function WorkersView({ bench }: { readonly bench: Workbench }): JSX.Element {
  const all = useSignal(false);
  const snapshot = bench.snapshot.value;
  if (snapshot === null) return <p class="muted">{t('view.none')}</p>;
  const busy = snapshot.pools.filter((pool) => pool.pending.length > 0 || pool.workers.some(({ work }) => work !== ''));
  const shown = all.value || busy.length === 0 ? snapshot.pools.filter(({ kind }) => all.value || kind !== 'bh') : busy;
  return (
    <>
      <label class="check">
        <input type="checkbox" checked={all.value} onChange={() => (all.value = !all.value)} /> {t('workers.all')}
      </label>
      {shown.map((pool) => (
        <Pool key={pool.id} pool={pool} />
      ))}
    </>
  );
}

function Pool({ pool }: { readonly pool: PoolView }): JSX.Element {
  const where =
    pool.kind === 'bh' ? t('workers.bh') : pool.cpu < 0 ? t('workers.unbound') : t('workers.cpu', { cpu: pool.cpu });
  return (
    <table class="data">
      <caption>
        {t('workers.pool', { id: pool.id })}{' '}
        <span class="muted">
          {where}
          {pool.nice === 0 ? '' : `, ${t('workers.nice', { nice: pool.nice })}`},{' '}
          {t('workers.running', { n: pool.nrRunning, idle: pool.nrIdle })}
        </span>
      </caption>
      <tbody>
        {pool.workers.map((worker) => (
          <tr key={worker.pid}>
            <th scope="row">
              <span class="swatch" data-state={worker.work === '' ? 'idle' : 'running'} />
              {worker.comm} <span class="muted">{worker.pid === 0 ? '' : worker.pid}</span>
              {worker.rescuer ? <span class="tag">{t('workers.rescuer')}</span> : null}
            </th>
            <td>{worker.work === '' ? <span class="muted">{t('workers.idle')}</span> : worker.work}</td>
          </tr>
        ))}
        {pool.pending.map((work, i) => (
          <tr key={`pending ${i}`}>
            <th scope="row">
              <span class="swatch" data-state="runnable" />
              {t('workers.pending')}
            </th>
            <td>{work}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
