import type { MaySleep } from '@kernel-model/sim';
import {
  Completion,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  complete,
  schedule,
  setCurrentState,
  waitForCompletion,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import { kthreadRun, type Kthreads } from '@kernel-model/kthread';

/** It has used the right to do what only root may: to mount. @linux include/linux/sched.h */
const PF_SUPERPRIV = 0x100;

/** A wish of a driver for its node in /dev. @linux drivers/base/devtmpfs.c struct req */
interface Request {
  readonly name: string;
  readonly remove: boolean;
  readonly done: Completion;
}

/** kdevtmpfs: makes and removes the nodes in /dev, whoever asks. @linux drivers/base/devtmpfs.c */
export class Devtmpfs {
  /** The nodes that exist, in order of creation. */
  readonly nodes: string[] = [];
  task: Task | null = null;
  #requests: Request[] = [];

  constructor(readonly k: Kthreads) {}

  /** Start the thread. @linux drivers/base/devtmpfs.c devtmpfs_init() */
  *start(): MaySleep<void> {
    const p = yield* kthreadRun(this.k, () => this.#thread(), null, 'kdevtmpfs');
    if (typeof p !== 'number') this.task = p;
  }

  /** Make a node and wait until it exists. @linux drivers/base/devtmpfs.c devtmpfs_create_node() */
  createNode(name: string): MaySleep<void> {
    return this.#submit(name, false);
  }

  /** Remove a node and wait until it is gone. @linux drivers/base/devtmpfs.c devtmpfs_delete_node() */
  deleteNode(name: string): MaySleep<void> {
    return this.#submit(name, true);
  }

  /** New requests go to the front. @linux drivers/base/devtmpfs.c devtmpfs_submit_req() */
  *#submit(name: string, remove: boolean): MaySleep<void> {
    const { s } = this.k;
    const request = { name, remove, done: new Completion(`/dev/${name}`) };
    this.#requests.unshift(request);
    wakeUpProcess(s, this.task!);
    yield* waitForCompletion(s, request.done);
  }

  /** Takes all requests at once, so that each batch is served backwards. @linux drivers/base/devtmpfs.c devtmpfs_work_loop() */
  *#thread(): MaySleep<number> {
    const { s } = this.k;
    s.current.flags |= PF_SUPERPRIV;
    for (;;) {
      while (this.#requests.length > 0) {
        const batch = this.#requests;
        this.#requests = [];
        for (const request of batch) {
          this.#handle(request);
          yield* complete(s, request.done);
        }
      }
      yield* setCurrentState(s, TASK_INTERRUPTIBLE);
      if (this.#requests.length === 0) yield* schedule(s);
      s.current.state = TASK_RUNNING;
    }
  }

  #handle({ name, remove }: Request): void {
    if (!remove) this.nodes.push(name);
    else if (this.nodes.includes(name)) this.nodes.splice(this.nodes.indexOf(name), 1);
  }
}
