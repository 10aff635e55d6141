import { computed, signal } from '@preact/signals';
import { en } from './en.ts';
import { zh } from './zh.ts';

/** A language of the pages. */
export type Locale = 'en' | 'zh';
/** Name of a text. */
export type TextKey = keyof typeof en;

const TEXTS: Readonly<Record<Locale, Readonly<Record<TextKey, string>>>> = { en, zh };
const KEPT = 'kernel-model.locale';

function initial(): Locale {
  const kept = remembered(KEPT);
  if (kept === 'en' || kept === 'zh') return kept;
  return globalThis.navigator?.language?.startsWith('zh') ? 'zh' : 'en';
}

/** The language of the pages. */
export const locale = signal<Locale>(initial());
const texts = computed(() => TEXTS[locale.value]);

/** Speak this language from now on. */
export function setLocale(next: Locale): void {
  locale.value = next;
  remember(KEPT, next);
}

/** A text in the language of the pages; `{name}` is replaced by the value of that name. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return texts.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** What a former visit left; null if there is nothing, or nothing may be kept. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep something for the next visit, if that is allowed. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // a page that may keep nothing works all the same
  }
}
