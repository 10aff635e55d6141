// node examples/eras/eras.mjs
//
// The same daemon under the three ways in which Linux has made kernel threads: what making its thread costs whom. It is
// loaded by a modprobe that is a process like any other: with an address space, and nice 5.
import { pathToFileURL } from 'node:url';
import { defineDaemon, eraReport } from '@kernel-model/daemons';
import { boot } from '@kernel-model/machine';

export const ERAS = ['kernel_thread', 'keventd', 'kthreadd'];

const ticker = defineDaemon({
  name: 'ticker',
  threads: [
    {
      name: 'ticker',
      *fn({ k }) {
        while (!(yield* k.kthreadShouldStop())) yield* k.scheduleTimeoutInterruptible(25);
      },
    },
  ],
});

/** @returns what making the daemon's thread cost */
export function costIn(era) {
  const machine = boot({ era });
  machine.spawnUser('modprobe', function* (u) {
    machine.kernel.setUserNice(u.task, 5);
    yield* u.call(machine.modules.insmod(ticker));
    return 0;
  });
  machine.runFor(1e9);
  return machine.modules.maker.costs[0];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(eraReport(ERAS.map(costIn)));
