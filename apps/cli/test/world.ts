import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from '../src/index.ts';

/** The root of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));

/** What a command left behind. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Run the command line in this process. */
export function kmodel(args: readonly string[], { tty = false, env = {} } = {}): Ran {
  let out = '';
  let err = '';
  const status = main(args, {
    stdout: { write: (text) => (out += String(text)), isTTY: tty, columns: 100 },
    stderr: { write: (text) => (err += String(text)), isTTY: tty, columns: 100 },
    env,
  });
  if (typeof status !== 'number') throw new Error('a command that waits for its user');
  return { status, out, err };
}

/** As {@link kmodel}, also for commands that read the file of a daemon meanwhile. */
export async function kmodelInTime(args: readonly string[]): Promise<Ran> {
  let out = '';
  let err = '';
  const streams = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  };
  const status = await main(args, { ...streams, env: {} });
  return { status, out, err };
}

/** A directory of its own for each test; call `remove` at the end. */
export class TestDir {
  readonly path: string = mkdtempSync(join(tmpdir(), 'kmodel-'));

  /** A path in it. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Write a file. @returns its path */
  file(name: string, text: string | Uint8Array): string {
    writeFileSync(this.at(name), text);
    return this.at(name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A scenario that runs to its end. */
export const WELL = `main:
  - kthread_run: [t, f]
  - kthread_stop: t
functions:
  f:
    - while: { not: kthread_should_stop }
      do:
        - set_current_state: TASK_INTERRUPTIBLE
        - if: { not: kthread_should_stop }
          then: [schedule]
        - set_current_state: TASK_RUNNING
`;

/** A scenario that waits for what nobody does. */
export const HANGS = 'completions: [never]\nmain:\n  - wait_for_completion: never\n';
