import { dlSchedClass } from './deadline.ts';
import { fairSchedClass } from './fair.ts';
import { idleSchedClass } from './idle.ts';
import { rtSchedClass } from './rt.ts';
import type { SchedClass } from './sched-class.ts';
import { stopSchedClass } from './stop.ts';

/** Scheduling classes, highest first. */
export const SCHED_CLASSES: readonly SchedClass[] = [
  stopSchedClass,
  dlSchedClass,
  rtSchedClass,
  fairSchedClass,
  idleSchedClass,
];

/** The class of a task by its priority. @linux kernel/sched/core.c __setscheduler_class() */
export function classOfPrio(prio: number): SchedClass {
  if (prio < 0) return dlSchedClass;
  return prio < 100 ? rtSchedClass : fairSchedClass;
}
