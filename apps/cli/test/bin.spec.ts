import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ROOT } from './world.ts';

const BIN = join(ROOT, 'apps/cli/bin/kmodel.js');

function sh(command: string): { status: number | null; stdout: string; stderr: string } {
  const script = `kmodel() { "${process.execPath}" "${BIN}" "$@"; }; ${command}`;
  return spawnSync('bash', ['-c', script], { encoding: 'utf8', cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } });
}

// `npm test` builds before it runs the specs
describe('the built command', () => {
  test('exits with the status of what it did', () => {
    const statuses = sh(`
      kmodel run examples/stop-and-return.yaml >/dev/null; echo $?
      kmodel run examples/missed-flag.yaml >/dev/null 2>&1; echo $?
      kmodel run examples/none.yaml 2>/dev/null; echo $?`);
    expect(statuses.stdout).toBe('0\n1\n2\n');
  });

  test('does not mind a reader that has seen enough', () => {
    const { stdout, stderr } = sh('kmodel replay examples/lost-wakeup.yaml --schedule k1: --events all | head -1');
    expect(stdout).toBe('# tracer: nop\n');
    expect(stderr).not.toContain('EPIPE');
  });

  test('reads a scenario from a pipe', () => {
    expect(sh('kmodel run /dev/stdin --trace - < examples/stop-and-return.yaml').stdout).toContain('km main > fn main');
  });
});
