import type { Ask } from './protocol.ts';
import { Server } from './serve.ts';

/** The part of a worker's global scope that is used here; the page's library of types knows only windows. */
declare const self: {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Ask>) => void) | null;
};

const server = new Server({
  post: (reply, transfer) => self.postMessage(reply, transfer),
  clock: () => performance.now(),
  daemon: (program) => {
    if (program.daemon === '') return null;
    throw new Error('code of users runs in the sandbox only');
  },
});

self.onmessage = ({ data }) => server.take(data);
