import type { JSX } from 'preact';
import { t } from '../i18n/index.ts';
import type { PageProps } from '../router.tsx';

/** The lessons. */
export function Page(_props: PageProps): JSX.Element {
  return (
    <main class="page">
      <h1>{t('learn.title')}</h1>
      <p>{t('learn.soon')}</p>
    </main>
  );
}
