import type { Ask, Problem, Reply, RequestName, Requests } from './protocol.ts';

/** The program was refused: what is wrong, and where. */
export class ProgramProblems extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('\n'));
    this.name = 'ProgramProblems';
    this.problems = problems;
  }
}

/** The work was given up, by the user or because a newer request made it pointless. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}

interface Waiting {
  readonly resolve: (data: never) => void;
  readonly reject: (error: Error) => void;
  readonly progress: (text: string) => void;
}

/** What an {@link Engine} talks to: a worker, or a sandbox with a worker in it. */
export interface Host {
  post(ask: Ask): void;
  /** Set by the engine. */
  onreply: (reply: Reply) => void;
  /** Set by the engine: the host has gone, and why. */
  onlost: (why: string) => void;
  end(): void;
}

/** The model in a worker, as the page sees it. */
export class Engine {
  #host: Host | null = null;
  readonly #start: () => Host;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(start: () => Host = workerHost) {
    this.#start = start;
  }

  /** Ask, and wait for the answer. @throws ProgramProblems @throws Cancelled */
  ask<K extends RequestName>(
    name: K,
    data: Requests[K]['in'],
    progress: (text: string) => void = () => {},
  ): Promise<Requests[K]['out']> {
    const host = (this.#host ??= this.#connect());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
      host.post({ id, name, data });
    });
  }

  /** Stop whatever it does; the next request starts a new worker. */
  end(): void {
    this.#drop(new Cancelled());
  }

  #connect(): Host {
    const host = this.#start();
    host.onreply = (reply) => this.#take(reply);
    host.onlost = (why) => this.#drop(new Error(why));
    return host;
  }

  #drop(error: Error): void {
    this.#host?.end();
    this.#host = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    if (reply.kind === 'progress') return waiting.progress(reply.text);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'answer') waiting.resolve(reply.data as never);
    else if (reply.kind === 'problems') waiting.reject(new ProgramProblems(reply.problems));
    else waiting.reject(new Error(reply.message));
  }
}

declare global {
  /** The worker that the head of the page has started; see vite.early-worker.mjs. */
  var kernelModelWorker: Worker | undefined;
}

/** A worker with the model: the one that was started with the page, or another one. */
export function startWorker(): Worker {
  const early = globalThis.kernelModelWorker;
  globalThis.kernelModelWorker = undefined;
  return early ?? new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
}

/** The model in a plain worker: for programs without code of the user. */
export function workerHost(): Host {
  const worker = startWorker();
  const host: Host = {
    post: (ask) => worker.postMessage(ask),
    onreply: () => {},
    onlost: () => {},
    end: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<Reply>) => host.onreply(data);
  worker.onerror = (event) => host.onlost(event.message || 'the worker has ended');
  return host;
}
