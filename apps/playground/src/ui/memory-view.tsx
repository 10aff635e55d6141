import type { JSX } from 'preact';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';

/** Whose page tables each CPU uses, and whether its TLB is up to date. */
export function MemoryView({ bench }: { readonly bench: Workbench }): JSX.Element {
  const snapshot = bench.snapshot.value;
  if (snapshot === null) return <p class="muted">{t('view.none')}</p>;
  return (
    <table class="data">
      <thead>
        <tr>
          <th scope="col">{t('memory.cpu')}</th>
          <th scope="col">{t('memory.runs')}</th>
          <th scope="col">{t('memory.mm')}</th>
          <th scope="col">{t('memory.lazy')}</th>
          <th scope="col" class="n">
            {t('memory.gen')}
          </th>
          <th scope="col" class="n">
            {t('memory.refs')}
          </th>
        </tr>
      </thead>
      <tbody>
        {snapshot.tlbs.map((tlb) => (
          <tr key={tlb.cpu}>
            <th scope="row">{tlb.cpu}</th>
            <td>{tlb.comm}</td>
            <td>{tlb.loadedMm}</td>
            <td>{tlb.lazy ? <span class="tag">{t('memory.yes')}</span> : t('memory.no')}</td>
            <td class="n">
              {tlb.tlbGen}
              {tlb.tlbGen < tlb.mmGen ? <span class="tag warn">{`${tlb.mmGen}: ${t('memory.behind')}`}</span> : null}
            </td>
            <td class="n">{`${tlb.users} / ${tlb.count}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
