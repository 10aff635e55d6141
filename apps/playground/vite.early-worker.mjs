/**
 * Starts the worker with the model before the page's own code is there: both are loaded and compiled at the same time. It
 * is handed over by `startWorker()`.
 */
export function earlyWorker() {
  return {
    name: 'kernel-model-early-worker',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const file = Object.keys(bundle).find((name) => /^assets\/worker-/.test(name));
        const code = `kernelModelWorker = new Worker('./${file}', { type: 'module' });`;
        return [{ tag: 'script', children: code, injectTo: 'head-prepend' }];
      },
    },
  };
}
