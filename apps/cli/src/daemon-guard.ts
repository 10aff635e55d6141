import { LoopGuard } from '@kernel-model/daemons';

/** Counts the rounds of the loops of all daemons that come from files: see daemon-hooks.ts. */
export const guard: LoopGuard = new LoopGuard();
