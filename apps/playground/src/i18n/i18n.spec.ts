import { expect, test } from '@jest/globals';
import { en } from './en.ts';
import { zh } from './zh.ts';

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test('both languages have all texts, with the same values in them', () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    expect([key, placeholders(zh[key as keyof typeof en])]).toEqual([key, placeholders(text)]);
  }
});

test('no English sentence is left in the Chinese texts', () => {
  const english = Object.entries(zh).filter(
    // that one is for those who cannot read Chinese
    ([key, text]) => key !== 'nav.languageLabel' && /[a-z]+ [a-z]+ [a-z]+/i.test(text) && !/[\u4e00-\u9fff]/.test(text),
  );
  expect(english).toEqual([]);
});
