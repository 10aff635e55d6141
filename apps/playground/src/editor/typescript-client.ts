import type { TypescriptReply, TypescriptRequests } from './typescript-protocol.ts';

interface Waiting {
  readonly resolve: (data: never) => void;
  readonly reject: (error: Error) => void;
}

let worker: Worker | null = null;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/** Ask the TypeScript compiler, in a worker of its own that is loaded when it is first needed. */
export function typescript<K extends keyof TypescriptRequests>(
  name: K,
  data: TypescriptRequests[K]['in'],
): Promise<TypescriptRequests[K]['out']> {
  worker ??= start();
  const id = ++lastId;
  worker.postMessage({ id, name, data });
  return new Promise((resolve, reject) => void waiting.set(id, { resolve, reject }));
}

function start(): Worker {
  const started = new Worker(new URL('./typescript-worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data: { id, data, error } }: MessageEvent<TypescriptReply>) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(data as never);
    else asked?.reject(new Error(error));
  };
  started.onerror = (event) => {
    for (const { reject } of waiting.values())
      reject(new Error(event.message || 'the TypeScript compiler did not load'));
    waiting.clear();
    worker = null;
  };
  return started;
}
