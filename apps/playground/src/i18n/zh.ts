import { en } from './en.ts';

/** The texts of the pages in Chinese. */
export const zh: typeof en = en;
