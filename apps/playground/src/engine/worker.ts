import type { LessonAsk } from '../learn/protocol.ts';
import type { LessonServer } from '../learn/server.ts';
import type { Ask } from './protocol.ts';
import { Server } from './serve.ts';

/** The part of a worker's global scope that is used here; the page's library of types knows only windows. */
declare const self: {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Ask | LessonAsk>) => void) | null;
};

const server = new Server({
  post: (reply, transfer) => self.postMessage(reply, transfer),
  clock: () => performance.now(),
  daemon: (program) => {
    if (program.daemon === '') return null;
    throw new Error('code of users runs in the sandbox only');
  },
  later: { shell: () => import('./page-shell.ts'), explore: () => import('./explore.ts') },
});

let lessons: Promise<LessonServer> | null = null;

self.onmessage = ({ data }) => {
  if (!('to' in data)) return server.take(data);
  lessons ??= import('../learn/server.ts').then(({ LessonServer }) => new LessonServer());
  void lessons.then((lessonServer) => self.postMessage(lessonServer.take(data)));
};
