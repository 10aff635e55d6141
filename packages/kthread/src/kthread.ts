import type { MaySleep } from '@kernel-model/sim';
import { Completion, PF_KTHREAD, type Scheduler, type Task } from '@kernel-model/scheduler';
import type { Signals } from '@kernel-model/signals';
import type { KthreadCreateInfo } from './create.ts';

/** Bits of {@link Kthread.flags}. @linux kernel/kthread.c enum KTHREAD_BITS */
export const KTHREAD_IS_PER_CPU = 1;
/** See {@link KTHREAD_IS_PER_CPU}; never cleared. */
export const KTHREAD_SHOULD_STOP = 2;
/** See {@link KTHREAD_IS_PER_CPU}. */
export const KTHREAD_SHOULD_PARK = 4;

/** What a kernel thread runs. What it returns is the result of kthread_stop(). */
export type ThreadFn = (data: unknown) => MaySleep<number>;

/** What the kernel knows of a kernel thread besides its task; lives as long as the task. @linux kernel/kthread.c struct kthread */
export class Kthread {
  /** KTHREAD_* bits. */
  flags = 0;
  /** CPU to which unparking binds a per-CPU thread again; -1 if none. */
  cpu = -1;
  /** Exit value, a 32-bit integer. */
  result = 0;
  threadfn: ThreadFn | null = null;
  data: unknown = null;
  /** The whole name, of which comm keeps 15 bytes; null before the thread has run, and for threads that kthreadd did not make. */
  fullName: string | null = null;
  readonly exited: Completion;
  readonly #comm: string;
  #parked: Completion | null = null;

  constructor(comm: string) {
    this.#comm = comm;
    this.exited = new Completion(`${comm} to exit`);
  }

  /** Who asked the thread to park waits here; made at first use, most threads never park. */
  get parked(): Completion {
    return (this.#parked ??= new Completion(`${this.#comm} to park`));
  }
}

/** What may run out of memory: {@link Kthreads.failAlloc} is asked. */
export type KthreadAlloc = 'kthread_create_info' | 'full_name' | 'kthread' | 'smpboot_thread_data';

/** The kernel threads of one machine. */
export class Kthreads {
  /** Requests, first come first. @linux kernel/kthread.c kthread_create_list */
  readonly createList: KthreadCreateInfo[] = [];
  /** pid 2, once it exists. @linux kernel/kthread.c kthreadd_task */
  kthreadd: Task | null = null;
  /** Fault injection: true makes this allocation fail. */
  failAlloc: (what: KthreadAlloc) => boolean = () => false;

  constructor(
    readonly s: Scheduler,
    readonly signals: Signals,
  ) {
    s.connect({ kthreadIsPerCpu });
  }
}

/** The struct kthread of a task, null if it is not a kernel thread. @linux kernel/kthread.c __to_kthread() */
export function toKthread(p: Task): Kthread | null {
  return (p.flags & PF_KTHREAD) === 0 ? null : (p.workerPrivate as Kthread | null);
}

/** Is the thread one of those that belong to their CPU? @linux kernel/kthread.c kthread_is_per_cpu() */
export function kthreadIsPerCpu(p: Task): boolean {
  const kthread = toKthread(p);
  return kthread !== null && (kthread.flags & KTHREAD_IS_PER_CPU) !== 0;
}

/** The whole name of a thread, or its comm. @linux kernel/kthread.c get_kthread_comm() */
export function getKthreadComm(p: Task): string {
  return toKthread(p)?.fullName ?? p.comm;
}

/** What the thread runs; null for others, and before it has started. @linux kernel/kthread.c kthread_func() */
export function kthreadFunc(p: Task): ThreadFn | null {
  return toKthread(p)?.threadfn ?? null;
}

/** What was given to the thread at its creation; null for others, and before it has started. @linux kernel/kthread.c kthread_probe_data() */
export function kthreadProbeData(p: Task): unknown {
  return toKthread(p)?.data ?? null;
}
