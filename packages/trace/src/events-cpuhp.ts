import { EventDef } from './event-def.ts';
import { DECIMAL, STRING, type FieldType } from './field-types.ts';

const CPU_4: FieldType<number> = { ...DECIMAL, print: (value) => String(value).padStart(4, '0') };
const STEP: FieldType<number> = { ...DECIMAL, pattern: ' *-?\\d+', print: (value) => String(value).padStart(3, ' ') };

/** Fields of {@link CPUHP_ENTER}. */
export interface CpuhpEnterFields {
  readonly cpu: number;
  readonly target: number;
  readonly step: number;
  readonly fun: string;
}

/** A callback of CPU hotplug is called. @linux include/trace/events/cpuhp.h cpuhp_enter */
export const CPUHP_ENTER: EventDef<CpuhpEnterFields> = new EventDef<CpuhpEnterFields>(
  'cpuhp',
  'cpuhp_enter',
  'cpu: {cpu} target: {target} step: {step} ({fun})',
  { cpu: CPU_4, target: STEP, step: STEP, fun: STRING },
);

/** Fields of {@link CPUHP_EXIT}. */
export interface CpuhpExitFields {
  readonly cpu: number;
  readonly state: number;
  readonly step: number;
  readonly ret: number;
}

/** A callback of CPU hotplug has returned. @linux include/trace/events/cpuhp.h cpuhp_exit */
export const CPUHP_EXIT: EventDef<CpuhpExitFields> = new EventDef<CpuhpExitFields>(
  'cpuhp',
  'cpuhp_exit',
  ' cpu: {cpu}  state: {state} step: {step} ret: {ret}',
  { cpu: CPU_4, state: STEP, step: STEP, ret: DECIMAL },
);
