import { ProgramProblems, startWorker } from '../engine/client.ts';
import type { LessonAsk, LessonReply, LessonRequests } from './protocol.ts';

interface Waiting {
  readonly resolve: (data: never) => void;
  readonly reject: (error: Error) => void;
}

/** The worker of the lessons. */
export class LessonClient {
  #worker: Worker | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** Ask, and wait for the answer. @throws ProgramProblems for a scenario with mistakes */
  ask<K extends keyof LessonRequests>(name: K, data: LessonRequests[K]['in']): Promise<LessonRequests[K]['out']> {
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ to: 'lessons', id, name, data } as LessonAsk);
    });
  }

  /** Stop what it does; the next question starts a new worker. */
  end(why = 'stopped'): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }

  #start(): Worker {
    const worker = startWorker();
    worker.onmessage = ({ data }: MessageEvent<LessonReply>) => this.#take(data);
    worker.onerror = (event) => this.end(event.message || 'the worker has ended');
    return worker;
  }

  #take(reply: LessonReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    if (reply.kind === 'answer') waiting.resolve(reply.data as never);
    else if (reply.kind === 'problems') waiting.reject(new ProgramProblems(reply.problems));
    else waiting.reject(new Error(reply.message));
  }
}

/** One worker for all lessons. */
export const client = new LessonClient();
