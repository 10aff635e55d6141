import { EventDef } from './event-def.ts';
import { DECIMAL, explained, POINTER, STRING, words, type FieldType } from './field-types.ts';

const SOFTIRQS = ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU'];
const VEC: FieldType<number> = explained(
  (vec) => `${vec} [action=${SOFTIRQS[vec] ?? vec}]`,
  '(\\d+) \\[action=\\w+\\]',
);

/** Fields of the softirq events. */
export interface SoftirqFields {
  /** 0 HI, 1 TIMER, 2 NET_TX, 3 NET_RX, 4 BLOCK, 5 IRQ_POLL, 6 TASKLET, 7 SCHED, 8 HRTIMER, 9 RCU. */
  readonly vec: number;
}

/** A softirq is raised. @linux include/trace/events/irq.h softirq_raise */
export const SOFTIRQ_RAISE: EventDef<SoftirqFields> = softirqEvent('softirq_raise');
/** A softirq's handler is called. @linux include/trace/events/irq.h softirq_entry */
export const SOFTIRQ_ENTRY: EventDef<SoftirqFields> = softirqEvent('softirq_entry');
/** A softirq's handler has returned. @linux include/trace/events/irq.h softirq_exit */
export const SOFTIRQ_EXIT: EventDef<SoftirqFields> = softirqEvent('softirq_exit');

/** Fields of {@link IRQ_HANDLER_ENTRY}. */
export interface IrqHandlerEntryFields {
  readonly irq: number;
  readonly name: string;
}

/** A device's interrupt handler is called. @linux include/trace/events/irq.h irq_handler_entry */
export const IRQ_HANDLER_ENTRY: EventDef<IrqHandlerEntryFields> = new EventDef<IrqHandlerEntryFields>(
  'irq',
  'irq_handler_entry',
  'irq={irq} name={name}',
  { irq: DECIMAL, name: STRING },
);

/** Fields of {@link IRQ_HANDLER_EXIT}. */
export interface IrqHandlerExitFields {
  readonly irq: number;
  /** `handled`, recorded as 1, or `unhandled`, 0. */
  readonly ret: string;
}

/** A device's interrupt handler has returned. @linux include/trace/events/irq.h irq_handler_exit */
export const IRQ_HANDLER_EXIT: EventDef<IrqHandlerExitFields> = new EventDef<IrqHandlerExitFields>(
  'irq',
  'irq_handler_exit',
  'irq={irq} ret={ret}',
  { irq: DECIMAL, ret: words(['unhandled', 'handled']) },
);

/** Fields of the tasklet events. */
export interface TaskletFields {
  readonly tasklet: string;
  readonly function: string;
}

/** A tasklet is called. @linux include/trace/events/irq.h tasklet_entry */
export const TASKLET_ENTRY: EventDef<TaskletFields> = taskletEvent('tasklet_entry');
/** A tasklet has returned. @linux include/trace/events/irq.h tasklet_exit */
export const TASKLET_EXIT: EventDef<TaskletFields> = taskletEvent('tasklet_exit');

/** Fields of {@link IPI_SEND_CPU}. */
export interface IpiSendCpuFields {
  readonly cpu: number;
  /** Where it is sent from, as function+offset/size. */
  readonly callsite: string;
  /** What the other CPU runs; `0x0` for a reschedule. */
  readonly callback: string;
}

/** An interrupt is sent to another CPU. @linux include/trace/events/ipi.h ipi_send_cpu */
export const IPI_SEND_CPU: EventDef<IpiSendCpuFields> = new EventDef<IpiSendCpuFields>(
  'ipi',
  'ipi_send_cpu',
  'cpu={cpu} callsite={callsite} callback={callback}',
  { cpu: DECIMAL, callsite: STRING, callback: STRING },
);

/** Fields of {@link CSD_QUEUE_CPU}. */
export interface CsdQueueCpuFields {
  readonly cpu: number;
  readonly callsite: string;
  readonly func: string;
  readonly csd: string;
}

/** A function is queued for another CPU. @linux include/trace/events/csd.h csd_queue_cpu */
export const CSD_QUEUE_CPU: EventDef<CsdQueueCpuFields> = new EventDef<CsdQueueCpuFields>(
  'csd',
  'csd_queue_cpu',
  'cpu={cpu} callsite={callsite} func={func} csd={csd}',
  { cpu: DECIMAL, callsite: STRING, func: STRING, csd: POINTER },
);

/** Fields of csd_function_entry and csd_function_exit. */
export interface CsdFunctionFields {
  readonly func: string;
  readonly csd: string;
}

/** A CPU begins a function that another one sent it. @linux include/trace/events/csd.h csd_function_entry */
export const CSD_FUNCTION_ENTRY: EventDef<CsdFunctionFields> = csdFunctionEvent('csd_function_entry');
/** It is done with it. @linux include/trace/events/csd.h csd_function_exit */
export const CSD_FUNCTION_EXIT: EventDef<CsdFunctionFields> = csdFunctionEvent('csd_function_exit');

/** Fields of the events of the interrupt vectors of x86. */
export interface IrqVectorFields {
  readonly vector: number;
}

/** The timer's interrupt begins, vector 236. @linux arch/x86/include/asm/trace/irq_vectors.h local_timer_entry */
export const LOCAL_TIMER_ENTRY: EventDef<IrqVectorFields> = vectorEvent('local_timer_entry');
/** It ends. @linux arch/x86/include/asm/trace/irq_vectors.h local_timer_exit */
export const LOCAL_TIMER_EXIT: EventDef<IrqVectorFields> = vectorEvent('local_timer_exit');
/** A CPU is told to look at need_resched, vector 253. @linux arch/x86/include/asm/trace/irq_vectors.h reschedule_entry */
export const RESCHEDULE_ENTRY: EventDef<IrqVectorFields> = vectorEvent('reschedule_entry');
/** It has. @linux arch/x86/include/asm/trace/irq_vectors.h reschedule_exit */
export const RESCHEDULE_EXIT: EventDef<IrqVectorFields> = vectorEvent('reschedule_exit');
/** A CPU takes in what others sent it, vector 251. @linux arch/x86/include/asm/trace/irq_vectors.h call_function_single_entry */
export const CALL_FUNCTION_SINGLE_ENTRY: EventDef<IrqVectorFields> = vectorEvent('call_function_single_entry');
/** It has. @linux arch/x86/include/asm/trace/irq_vectors.h call_function_single_exit */
export const CALL_FUNCTION_SINGLE_EXIT: EventDef<IrqVectorFields> = vectorEvent('call_function_single_exit');

function csdFunctionEvent(name: string): EventDef<CsdFunctionFields> {
  return new EventDef<CsdFunctionFields>('csd', name, 'func={func}, csd={csd}', { func: STRING, csd: POINTER });
}

function vectorEvent(name: string): EventDef<IrqVectorFields> {
  return new EventDef<IrqVectorFields>('irq_vectors', name, 'vector={vector}', { vector: DECIMAL });
}

function softirqEvent(name: string): EventDef<SoftirqFields> {
  return new EventDef<SoftirqFields>('irq', name, 'vec={vec}', { vec: VEC });
}

function taskletEvent(name: string): EventDef<TaskletFields> {
  return new EventDef<TaskletFields>('irq', name, 'tasklet={tasklet} function={function}', {
    tasklet: STRING,
    function: STRING,
  });
}
