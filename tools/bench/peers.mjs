// What else does switches, measured in the same run: the real kernel and SimPy, where they are installed.
import { spawnSync } from 'node:child_process';

const PIPE_LOOPS = 100_000;
const SIMPY = `
import time, simpy
N = 100000
def task(env, mine, other):
    for _ in range(N):
        yield mine.get(1)
        yield other.put(1)
env = simpy.Environment()
a, b = simpy.Container(env, init=1), simpy.Container(env)
env.process(task(env, a, b)); env.process(task(env, b, a))
t = time.process_time(); env.run(); print((time.process_time() - t) * 1e9 / (2 * N))
`;

/** Peers by name; each returns ns a switch, or null if it is not installed. */
export const PEERS = {
  'perf bench sched pipe, pinned': () => {
    const perf = ['perf', 'bench', '-f', 'simple', 'sched', 'pipe', '-l', String(PIPE_LOOPS)];
    const seconds = numberOf('taskset', ['-c', '0', ...perf]);
    return seconds === null ? null : (seconds * 1e9) / (2 * PIPE_LOOPS);
  },
  'SimPy, ping-pong': () => numberOf('python3', ['-c', SIMPY]),
};

function numberOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 && stdout.trim() !== '' && Number.isFinite(Number(stdout)) ? Number(stdout) : null;
}
