import type { MaySleep } from '@kernel-model/sim';
import {
  PF_EXITING,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  getTaskStruct,
  schedSetFifo,
  schedule,
  setCurrentState,
  wakeUpProcess,
  type Task,
} from '@kernel-model/scheduler';
import { IRQ_HANDLER_ENTRY, IRQ_HANDLER_EXIT, type Probe } from '@kernel-model/trace';
import { isErr, kthreadCreate, kthreadShouldStop, kthreadStopPut, type Kthreads } from '@kernel-model/kthread';

/** The handler never says that the interrupt was another device's. */
const IRQ_WAS_HANDLED = 1;

/** An interrupt whose work is done by a thread of its own, irq/N-NAME. @linux kernel/irq/manage.c request_threaded_irq() */
export class ThreadedIrq {
  task: Task | null = null;
  /** IRQTF_RUNTHREAD: the thread has something to do. */
  #run = false;
  readonly #probes: { readonly entry: Probe; readonly exit: Probe };

  /**
   * @param handler runs in the interrupt; true: the thread shall run (IRQ_WAKE_THREAD)
   * @param threadFn what the thread does then
   */
  constructor(
    readonly k: Kthreads,
    readonly irq: number,
    readonly name: string,
    readonly handler: () => boolean,
    readonly threadFn: () => MaySleep<void>,
  ) {
    const { hub } = k.s;
    this.#probes = { entry: hub.probe(IRQ_HANDLER_ENTRY), exit: hub.probe(IRQ_HANDLER_EXIT) };
  }

  /** Make the thread and let it wait. @returns 0 or a negative errno @linux kernel/irq/manage.c setup_irq_thread() */
  *request(): MaySleep<number> {
    const { s } = this.k;
    const p = yield* kthreadCreate(this.k, () => this.#thread(), null, `irq/${this.irq}-${this.name}`);
    if (isErr(p)) return p;
    this.task = getTaskStruct(p);
    wakeUpProcess(s, p);
    return 0;
  }

  /** The interrupt: called in its context. @emits irq_handler_entry, irq_handler_exit @linux kernel/irq/handle.c __handle_irq_event_percpu() */
  raise(): void {
    const { hub } = this.k.s;
    const { entry, exit } = this.#probes;
    if (entry.enabled) entry.emit(this.irq, hub.intern(this.name));
    const wake = this.handler();
    if (exit.enabled) exit.emit(this.irq, IRQ_WAS_HANDLED);
    if (wake) this.#wakeThread();
  }

  /** Give the interrupt back: the thread runs once more if it was about to, and ends. @linux kernel/irq/manage.c free_irq() */
  *free(): MaySleep<void> {
    const p = this.task;
    this.task = null;
    if (p !== null) yield* kthreadStopPut(this.k, p);
  }

  /** A second interrupt before the thread has begun changes nothing. @linux kernel/irq/handle.c __irq_wake_thread() */
  #wakeThread(): void {
    const p = this.task;
    if (p === null || (p.flags & PF_EXITING) !== 0 || this.#run) return;
    this.#run = true;
    wakeUpProcess(this.k.s, p);
  }

  /** @linux kernel/irq/manage.c irq_thread() */
  *#thread(): MaySleep<number> {
    const { s } = this.k;
    schedSetFifo(s, s.current);
    while (yield* this.#waitForInterrupt()) yield* this.threadFn();
    return 0;
  }

  /** @linux kernel/irq/manage.c irq_wait_for_interrupt() */
  *#waitForInterrupt(): MaySleep<boolean> {
    const { s } = this.k;
    for (;;) {
      yield* setCurrentState(s, TASK_INTERRUPTIBLE);
      const stop = yield* kthreadShouldStop(this.k);
      if (this.#run || stop) {
        s.current.state = TASK_RUNNING;
        const run = this.#run;
        this.#run = false;
        return run;
      }
      yield* schedule(s);
    }
  }
}
