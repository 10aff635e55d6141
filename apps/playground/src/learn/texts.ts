import { signal } from '@preact/signals';
import type { Locale } from '../i18n/index.ts';

const TEXTS = import.meta.glob<string>('./lessons/*/*.md', { import: 'default' });
const MACHINES = import.meta.glob<string>('./lessons/*/machine.yaml', { query: '?raw', import: 'default' });

const loaded = signal<Readonly<Record<string, string>>>({});

/** The text of a lesson as HTML, made from its Markdown when the site was built; empty until it is there. */
export function textOf(lesson: string, locale: Locale): string {
  return get(TEXTS, `./lessons/${lesson}/${locale}.md`);
}

/** The scenario of a lesson; null if it has none, empty until it is there. */
export function scenarioOf(lesson: string): string | null {
  const path = `./lessons/${lesson}/machine.yaml`;
  return path in MACHINES ? get(MACHINES, path) : null;
}

function get(from: Readonly<Record<string, () => Promise<string>>>, path: string): string {
  const text = loaded.value[path];
  if (text !== undefined) return text;
  void from[path]?.().then((content) => {
    if (loaded.peek()[path] === undefined) loaded.value = { ...loaded.peek(), [path]: content };
  });
  return '';
}
