import { checkKthreads } from '@kernel-model/kthread';
import { checkKthreadWorkers } from '@kernel-model/kthread-worker';
import type { Machine } from '@kernel-model/machine';
import { checkMm } from '@kernel-model/mm';
import { checkScheduler } from '@kernel-model/scheduler';
import { checkSignals } from '@kernel-model/signals';
import { checkWorkqueues } from '@kernel-model/workqueue';

/**
 * Recount everything that the packages of a machine keep by hand. Holds between steps.
 * @throws InvariantViolation if the model is wrong
 */
export function checkMachine(machine: Machine): void {
  checkScheduler(machine.sched);
  checkMm(machine.mm);
  checkSignals(machine.signals);
  checkKthreads(machine.kthreads);
  checkKthreadWorkers(machine.kthreadWorkers);
  checkWorkqueues(machine.workqueues);
}
