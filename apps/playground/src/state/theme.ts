import { effect, signal } from '@preact/signals';
import { remember, remembered } from '../i18n/index.ts';

/** How the pages look. */
export type Theme = 'light' | 'dark';

const KEPT = 'kernel-model.theme';
const dark = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

/** Light or dark: what the reader chose, else what the system says. The head of index.html has found it out. */
export const theme = signal<Theme>(document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light');

/** Let the page follow {@link theme}. */
export function followTheme(): void {
  dark?.addEventListener('change', () => {
    if (remembered(KEPT) === null) theme.value = dark.matches ? 'dark' : 'light';
  });
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
  });
}

/** Choose the look, for the next visits too. */
export function setTheme(next: Theme): void {
  theme.value = next;
  remember(KEPT, next);
}
