import { formatLoad, loadAvg } from '@kernel-model/procfs';
import type { Invocation } from './command.ts';

/** The line of uptime(1), without the end of the line. */
export function uptimeLine(c: Invocation): string {
  const { machine, files } = c.shell;
  const seconds = Math.floor(machine.sim.now / 1e9);
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  const clock = (files.bootTimeS + seconds) % 86_400;
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  const up =
    (days > 0 ? `${days} day${days === 1 ? '' : 's'}, ` : '') +
    (hours > 0 ? `${String(hours).padStart(2)}:${two(minutes)}, ` : `${minutes} min, `);
  const load = loadAvg(machine.sched).averages.map(formatLoad).join(', ');
  return ` ${two(clock / 3600)}:${two((clock / 60) % 60)}:${two(clock % 60)} up ${up} 0 users,  load average: ${load}`;
}
