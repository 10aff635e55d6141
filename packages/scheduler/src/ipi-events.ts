import type { Scheduler } from './scheduler.ts';

// the tracepoints of interrupts between CPUs: asked for only if somebody listens. Unlike Linux, a callsite is the name of a
// function without an offset

/** A CPU is told to reschedule. @emits ipi_send_cpu @linux include/linux/smp.h smp_send_reschedule() */
export function traceSendReschedule(s: Scheduler, cpu: number): void {
  s.probes.ipiSendCpu.emit(cpu, s.hub.intern('resched_curr'), s.hub.intern('0x0'));
}

/** A CPU is told to take in what was sent to it. @emits ipi_send_cpu @linux kernel/smp.c send_call_function_single_ipi() */
export function traceSendCallFunction(s: Scheduler, cpu: number): void {
  const callback = s.hub.intern('generic_smp_call_function_single_interrupt');
  s.probes.ipiSendCpu.emit(cpu, s.hub.intern('send_call_function_single_ipi'), callback);
}

/** A function that one CPU sends to another. */
export class SentCall {
  /** Number that stands for the address of the csd. */
  readonly #addr: number;
  readonly #func: number;

  constructor(
    readonly s: Scheduler,
    readonly fn: () => void,
    symbol: string,
  ) {
    const { csdQueueCpu, csdFunctionEntry, csdFunctionExit } = s.probes;
    const traced = csdQueueCpu.enabled || csdFunctionEntry.enabled || csdFunctionExit.enabled;
    this.#addr = traced ? s.probes.newAddress() : 0;
    this.#func = traced ? s.hub.intern(symbol) : 0;
  }

  /** @emits csd_queue_cpu */
  traceQueued(cpu: number): void {
    const { s } = this;
    if (this.#addr !== 0) s.probes.csdQueueCpu.emit(cpu, s.hub.intern('generic_exec_single'), this.#func, this.#addr);
  }

  /** @emits csd_function_entry, csd_function_exit @linux kernel/smp.c csd_do_func() */
  run(): void {
    const { csdFunctionEntry, csdFunctionExit } = this.s.probes;
    if (this.#addr !== 0) csdFunctionEntry.emit(this.#func, this.#addr);
    this.fn();
    if (this.#addr !== 0) csdFunctionExit.emit(this.#func, this.#addr);
  }
}
