/** Options that say what machine a scenario runs on. */
export interface MachineOptions {
  /** Instead of the scenario's. */
  readonly cpus?: number;
  /** Instead of the scenario's. */
  readonly preempt?: PreemptMode;
  readonly seed?: number;
}

/** Preemption models. */
export const PREEMPT_MODES = ['none', 'voluntary', 'full'] as const;
/** One of {@link PREEMPT_MODES}. */
export type PreemptMode = (typeof PREEMPT_MODES)[number];
