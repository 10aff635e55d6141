// The real kernel of this machine.
import { spawnSync } from 'node:child_process';

/** Two processes on one CPU that pass a byte through pipes, by perf's own benchmark. @param count switches */
export function pipes(count) {
  const loops = Math.ceil(count / 2);
  const perf = ['perf', 'bench', '-f', 'simple', 'sched', 'pipe', '-l', String(loops)];
  const { status, stdout } = spawnSync('taskset', ['-c', '0', ...perf], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const seconds = Number(stdout);
  if (status === 0 && seconds > 0) return { operations: 2 * loops, ns: seconds * 1e9 };
  return { missing: 'no perf here: apt-get install linux-perf (and taskset, of util-linux)' };
}
