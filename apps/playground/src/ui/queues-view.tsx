import type { JSX } from 'preact';
import type { QueueRow, QueueView } from '../engine/snapshot.ts';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { formatNs } from '../timeline/format.ts';

/** Who runs and who waits on each CPU, with what EEVDF knows of them. */
export function QueuesView({ bench }: { readonly bench: Workbench }): JSX.Element {
  const snapshot = bench.snapshot.value;
  if (snapshot === null) return <p class="muted">{t('view.none')}</p>;
  return (
    <div class="queues">
      {snapshot.queues.map((queue) => (
        <Queue key={queue.cpu} queue={queue} />
      ))}
    </div>
  );
}

function Queue({ queue }: { readonly queue: QueueView }): JSX.Element {
  const most = Math.max(1, ...queue.rows.filter((row) => row.cls === 'fair').map((row) => Math.abs(row.lag)));
  return (
    <table class="data">
      <caption>
        {t('queues.cpu', { cpu: queue.cpu })}{' '}
        <span class="muted">
          {queue.online
            ? t('queues.summary', { n: queue.nrRunning, v: formatNs(queue.avgVruntime) })
            : t('queues.offline')}
        </span>
      </caption>
      <thead>
        <tr>
          <th scope="col">{t('queues.task')}</th>
          <th scope="col">{t('queues.class')}</th>
          <th scope="col" class="n">
            {t('queues.vruntime')}
          </th>
          <th scope="col" class="n">
            {t('queues.deadline')}
          </th>
          <th scope="col" class="n">
            {t('queues.lag')}
          </th>
          <th scope="col" class="n">
            {t('queues.weight')}
          </th>
        </tr>
      </thead>
      <tbody>
        {queue.rows.map((row) => (
          <Row key={row.pid} row={row} most={most} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, most }: { readonly row: QueueRow; readonly most: number }): JSX.Element {
  const fair = row.cls === 'fair';
  const cells = fair ? [formatNs(row.vruntime), formatNs(row.deadline)] : ['', ''];
  return (
    <tr class={row.current ? 'current' : ''}>
      <th scope="row">
        <span class="swatch" data-state={row.cls === 'idle' ? 'idle' : row.current ? 'running' : 'runnable'} />
        {row.comm} <span class="muted">{row.pid === 0 ? '' : row.pid}</span>
        {row.delayed ? <span class="tag">{t('queues.delayed')}</span> : null}
      </th>
      <td>{row.cls === 'rt' ? `rt ${99 - row.prio}` : row.cls}</td>
      {cells.map((text, i) => (
        <td key={i} class="n">
          {text}
        </td>
      ))}
      <td class="n" title={fair ? t(row.eligible ? 'queues.eligible' : 'queues.notEligible') : ''}>
        {fair ? <Lag lag={row.lag} most={most} /> : ''}
      </td>
      <td class="n">{fair ? row.weight : ''}</td>
    </tr>
  );
}

/** Lag as a number and as a bar: to the right who is owed time, to the left who had too much. */
function Lag({ lag, most }: { readonly lag: number; readonly most: number }): JSX.Element {
  const part = Math.abs(lag) / most;
  const style = { width: `${part * 50}%`, left: lag >= 0 ? '50%' : `${50 - part * 50}%` };
  return (
    <span class="lag">
      {formatNs(lag)}
      <span class="lag-bar" aria-hidden="true">
        <span class={lag >= 0 ? 'owed' : 'owes'} style={style} />
      </span>
    </span>
  );
}
