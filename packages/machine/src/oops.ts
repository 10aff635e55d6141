import { InvariantViolation, type MaySleep } from '@kernel-model/sim';
import { oops, type MmSubsystem } from '@kernel-model/mm';
import { oopsLines } from '@kernel-model/daemons';

/**
 * From now on, an exception in the code of a task does what a bug does to Linux: it is reported, and the task is killed.
 * What the task held stays held. An invariant that does not hold is the model's own bug: it stops the machine.
 * @linux arch/x86/kernel/dumpstack.c oops_end()
 */
export function containOopses(ms: MmSubsystem): void {
  const { s } = ms;
  s.connect({
    taskOops(p, error) {
      if (error instanceof InvariantViolation || p.pid === 1 || isPanic(error)) return false;
      const lines = oopsLines(p, s.cpu, error);
      p.body = die(ms, lines)[Symbol.iterator]();
      return true;
    },
  });
}

function die(ms: MmSubsystem, lines: readonly string[]): MaySleep<never> {
  return oops(ms, lines);
}

function isPanic(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'KERNEL_PANIC';
}
