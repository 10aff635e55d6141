import type { MachineOptions } from '@kernel-model/runner';

/** The command that shows a schedule again. Seed and machine belong to the schedule: without them it does not fit. */
export function replayLine(file: string, schedule: string, { cpus, preempt, seed }: MachineOptions): string {
  const parts = ['npx kmodel replay', quoted(file), '--schedule', schedule];
  if (cpus !== undefined) parts.push('--cpus', String(cpus));
  if (preempt !== undefined) parts.push('--preempt', preempt);
  if (seed !== undefined) parts.push('--seed', String(seed));
  return parts.join(' ');
}

function quoted(word: string): string {
  return /^[\w./@%+,:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
