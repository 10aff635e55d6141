import { defaultClientConditions, defineConfig } from 'vite';

/** The sources of the packages are bundled: nothing has to be built before. */
const conditions = ['@kernel-model/source', ...defaultClientConditions];

export default defineConfig({
  base: './', // works from any folder of any static server
  resolve: { conditions },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: 'es2023', sourcemap: false, assetsInlineLimit: 0 },
  // one file without imports: the sandbox runs it from a blob
  worker: { format: 'iife' },
});
