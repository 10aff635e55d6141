import * as daemons from '@kernel-model/daemons';
import * as kthread from '@kernel-model/kthread';
import * as kthreadWorker from '@kernel-model/kthread-worker';
import * as machine from '@kernel-model/machine';
import * as mm from '@kernel-model/mm';
import * as scheduler from '@kernel-model/scheduler';
import * as signals from '@kernel-model/signals';
import * as sim from '@kernel-model/sim';
import * as trace from '@kernel-model/trace';
import * as workqueue from '@kernel-model/workqueue';
import * as explore from './explore.ts';
import * as shell from './page-shell.ts';
import type { Ask } from './protocol.ts';
import { Server } from './serve.ts';

/** As in worker.ts. This worker runs code of users: the frame around it leaves it neither network nor page. */
declare const self: {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Ask>) => void) | null;
};

/** What a daemon can import. */
const PACKAGES: Readonly<Record<string, object>> = {
  daemons,
  kthread,
  'kthread-worker': kthreadWorker,
  machine,
  mm,
  scheduler,
  signals,
  sim,
  trace,
  workqueue,
};

function requirePackage(name: string): object {
  const found = PACKAGES[name.replace(/^@kernel-model\//, '')];
  if (found !== undefined) return found;
  const names = Object.keys(PACKAGES).map((key) => `@kernel-model/${key}`);
  throw new Error(`cannot import "${name}": a daemon can import ${names.join(', ')}`);
}

const post = self.postMessage.bind(self);
const server = new Server({
  post,
  clock: () => performance.now(),
  daemon: ({ daemon }) => {
    if (daemon === '') return null;
    const module: { exports: unknown } = { exports: {} };
    const run = new Function('require', 'module', 'exports', daemon) as (...args: readonly unknown[]) => void;
    run(requirePackage, module, module.exports);
    return module.exports;
  },
  // all in one file: from within the frame nothing can be loaded
  later: { shell: () => Promise.resolve(shell), explore: () => Promise.resolve(explore) },
});

self.onmessage = ({ data }) => server.take(data);
post('ready', []);
