import { EventDef } from './event-def.ts';
import { DECIMAL, HEX, STRING } from './field-types.ts';

/** Fields of {@link SIGNAL_GENERATE}. */
export interface SignalGenerateFields {
  readonly sig: number;
  readonly errno: number;
  readonly code: number;
  readonly comm: string;
  readonly pid: number;
  /** 1 to the process, 0 to the thread. */
  readonly group: number;
  /** 0 delivered, 1 ignored, 2 already pending, 3 overflow, 4 delivered without its information. */
  readonly result: number;
}

/** A signal is sent. @linux include/trace/events/signal.h signal_generate */
export const SIGNAL_GENERATE: EventDef<SignalGenerateFields> = new EventDef<SignalGenerateFields>(
  'signal',
  'signal_generate',
  'sig={sig} errno={errno} code={code} comm={comm} pid={pid} grp={group} res={result}',
  { sig: DECIMAL, errno: DECIMAL, code: DECIMAL, comm: STRING, pid: DECIMAL, group: DECIMAL, result: DECIMAL },
);

/** Fields of {@link SIGNAL_DELIVER}. */
export interface SignalDeliverFields {
  readonly sig: number;
  readonly errno: number;
  readonly code: number;
  readonly sa_handler: number;
  readonly sa_flags: number;
}

/** A process takes a signal. @linux include/trace/events/signal.h signal_deliver */
export const SIGNAL_DELIVER: EventDef<SignalDeliverFields> = new EventDef<SignalDeliverFields>(
  'signal',
  'signal_deliver',
  'sig={sig} errno={errno} code={code} sa_handler={sa_handler} sa_flags={sa_flags}',
  { sig: DECIMAL, errno: DECIMAL, code: DECIMAL, sa_handler: HEX, sa_flags: HEX },
);
