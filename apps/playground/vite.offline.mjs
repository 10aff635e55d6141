import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Loaded when somebody writes a daemon, and large: kept for later when the page has nothing else to do. */
const LATER = /typescript-worker/;

/** Adds sw.js, the service worker that makes the site work without a network: it knows the names of all files. */
export function offline() {
  const source = new URL('src/offline/service-worker.js', import.meta.url);
  return {
    name: 'kernel-model-offline',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const names = ['./', 'icon.svg', ...Object.keys(bundle).filter((name) => name !== 'index.html')].sort();
      const hash = createHash('sha256').update(names.join('\n'));
      for (const item of Object.values(bundle)) hash.update(item.type === 'chunk' ? item.code : item.source);
      const code = readFileSync(source, 'utf8')
        .replace("'VERSION'", JSON.stringify(hash.digest('hex').slice(0, 16)))
        .replace('NOW = []', `NOW = ${JSON.stringify(names.filter((name) => !LATER.test(name)))}`)
        .replace('LATER = []', `LATER = ${JSON.stringify(names.filter((name) => LATER.test(name)))}`);
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: code });
    },
  };
}
