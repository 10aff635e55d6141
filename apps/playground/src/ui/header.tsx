import type { JSX } from 'preact';
import { locale, setLocale, t } from '../i18n/index.ts';
import { path } from '../router.tsx';
import { setTheme, theme } from '../state/theme.ts';

/** Name, navigation, language and look: the same on all pages. */
export function Header(): JSX.Element {
  const learn = path.value.startsWith('/learn');
  return (
    <header class="header">
      <a class="skip" href="#main" onClick={skip}>
        {t('nav.skip')}
      </a>
      <a class="wordmark" href="#/" aria-label="kernel-model">
        <Mark />
        <span class="wordmark-text">kernel-model</span>
      </a>
      <nav class="nav" aria-label="kernel-model">
        <a href="#/" aria-current={learn ? undefined : 'page'}>
          {t('nav.playground')}
        </a>
        <a href="#/learn" aria-current={learn ? 'page' : undefined}>
          {t('nav.learn')}
        </a>
        <a href="docs/index.html">{t('nav.docs')}</a>
      </nav>
      <div class="header-end">
        <button
          class="quiet"
          lang={locale.value === 'zh' ? 'en' : 'zh-Hans'}
          aria-label={t('nav.languageLabel')}
          onClick={() => setLocale(locale.value === 'zh' ? 'en' : 'zh')}
        >
          {t('nav.language')}
        </button>
        <button class="quiet" onClick={() => setTheme(theme.value === 'dark' ? 'light' : 'dark')}>
          {t(theme.value === 'dark' ? 'nav.theme.light' : 'nav.theme.dark')}
        </button>
      </div>
    </header>
  );
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('.timeline-box, main')?.focus();
}

/** Three lanes with a wakeup between two of them. */
function Mark(): JSX.Element {
  return (
    <svg class="mark" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <rect x="1" y="3" width="8" height="4" rx="1" fill="var(--state-running)" />
      <rect x="9" y="13" width="10" height="4" rx="1" fill="var(--state-running)" />
      <rect x="1" y="14.4" width="5" height="1.4" fill="var(--state-s)" />
      <rect x="6" y="13.6" width="3" height="2.8" fill="var(--state-runnable)" />
      <path d="M6.5 7v5" stroke="currentColor" stroke-width="1.2" />
    </svg>
  );
}
