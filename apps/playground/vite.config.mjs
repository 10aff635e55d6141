import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';
import { earlyWorker } from './vite.early-worker.mjs';
import { lessonCards } from './vite.lesson-cards.mjs';
import { offline } from './vite.offline.mjs';
import { lessonTexts } from './vite.lesson-texts.mjs';

/** The sources of the packages are bundled: nothing has to be built before. */
const conditions = ['@kernel-model/source', ...defaultClientConditions];

/** Traces and explanations carry the names of functions and classes. */
const output = { keepNames: true };

export default defineConfig({
  plugins: [lessonTexts(), lessonCards({ conditions }), earlyWorker(), offline()],
  base: './', // works from any folder of any static server
  resolve: {
    conditions,
    alias: [
      // the shell's insmod reads daemons from files, which a page has none of
      {
        find: /^(\.\.?\/)+load-daemon-file\.ts$/,
        replacement: fileURLToPath(new URL('src/engine/no-daemon-files.ts', import.meta.url)),
      },
    ],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 6000,
    rolldownOptions: { output },
  },
  worker: { format: 'es', rolldownOptions: { output } },
});
