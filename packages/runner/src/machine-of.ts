import type { MachineSpec } from '@kernel-model/scenario';
import type { MachineOptions } from './machine-options.ts';

/** What the command line says about the machine, instead of the scenario. */
export function machineOf({ cpus, preempt }: MachineOptions): Partial<MachineSpec> {
  return { ...(cpus !== undefined && { cpus }), ...(preempt !== undefined && { preempt }) };
}
