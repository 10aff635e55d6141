// SimPy, which most people know discrete-event simulation by, in whichever Python has it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const LOADS = fileURLToPath(new URL('simpy_loads.py', import.meta.url));
/** A distribution's packages belong to its own Python, which need not be the first on the path. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** @param {'ping-pong' | 'processes'} load @param count how often a process goes on */
export function simpy(count, load) {
  for (const python of PYTHONS) {
    const { status, stdout } = spawnSync(python, [LOADS, load, String(count)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (status === 0) return JSON.parse(stdout);
  }
  return { missing: 'no SimPy here: apt-get install python3-simpy3, or python3-simpy, or pip install simpy' };
}
