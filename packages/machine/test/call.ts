import type { Kernel } from '@kernel-model/daemons';
import type { MaySleep } from '@kernel-model/sim';
import type { Machine } from '../src/index.ts';

/** Let a kernel thread make a call, and let time pass until it has returned. @returns its result */
export function call<T>(machine: Machine, fn: (k: Kernel) => MaySleep<T>, limitNs = 600e9): T {
  let result: { readonly value: T } | null = null;
  const k = machine.kernel;
  machine.post(function* () {
    yield* k.kthreadRun(
      function* () {
        result = { value: yield* fn(k) };
        return 0;
      },
      null,
      'caller',
    );
  });
  machine.run(() => result !== null, machine.sim.now + limitNs);
  if (result === null) throw new Error('the call did not return');
  return (result as unknown as { readonly value: T }).value;
}

/** Let a kernel thread do something, and go on at once. */
export function start(machine: Machine, name: string, fn: (k: Kernel) => MaySleep<void>): void {
  const k = machine.kernel;
  machine.post(function* () {
    yield* k.kthreadRun(
      function* () {
        yield* fn(k);
        return 0;
      },
      null,
      name,
    );
  });
}
