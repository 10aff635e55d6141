import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROOT, TestDir, type Ran } from './world.ts';

const BIN = join(ROOT, 'apps/cli/bin/kmodel.js');

let dir: TestDir;
beforeAll(() => {
  dir = new TestDir();
  dir.file('helper.mjs', 'export function* poll() {\n  for (;;);\n}\n');
  dir.file(
    'spin.mjs',
    `import { poll } from './helper.mjs';
export default { name: 'spin', threads: [{ name: 'spin', cpu: 1, *fn() { yield* poll(); } }] };
`,
  );
  dir.file('init.mjs', 'export default { name: "init", *init() { while (true); } };');
  dir.file('exit.mjs', 'export default { name: "exit", *init() {}, *exit() { while (true); } };');
  dir.file('top.mjs', '// a comment\nwhile (true);\n');
  dir.file('state.mjs', 'export default { name: "state", state() { do ; while (true) }, *init() {} };');
  dir.file('syntax.mjs', 'export default {\n  name: "x"\n  threads: [],\n};\n');
  dir.file('wait.yaml', 'main:\n  - msleep: 25000\n');
});
afterAll(() => dir.remove());

/** The built command, as a user has it: Jest does not let Node's loader see what it imports. */
function kmodel(...args: string[]): Ran {
  const ran = spawnSync(process.execPath, [BIN, ...args], {
    encoding: 'utf8',
    cwd: dir.path,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { status: ran.status!, out: ran.stdout, err: ran.stderr };
}

describe('the file of a daemon that never ends', () => {
  test('does not stop the shell, wherever the loop is', () => {
    const { out, err } = kmodel(
      'shell',
      '--cpus',
      '4',
      '-c',
      'insmod ./top.mjs; insmod ./state.mjs; insmod ./spin.mjs; insmod ./exit.mjs; rmmod exit; insmod ./init.mjs; run 25s; ' +
        'ps -o stat,psr,comm -C spin; dmesg; echo still here',
    );
    expect(err.split('\n')).toEqual([
      'insmod: ERROR: could not load module ./top.mjs: the daemon cannot be loaded: a loop does not end: top.mjs:2',
      'Killed',
      expect.stringMatching(/^rmmod: has not returned after 10 s; it goes on in the background/),
      expect.stringMatching(/^insmod: has not returned after 10 s; it goes on in the background/),
      '',
    ]);
    expect(out).toMatch(/\nR +1 spin\n/);
    expect(out).toMatch(/ BUG: soft lockup - CPU#\d stuck in a loop without end! \[sh:\d+\]\n/);
    expect(out).toMatch(/ watchdog: BUG: soft lockup - CPU#1 stuck for 2\ds! \[spin:\d+\]\n/);
    // where, in the lines of the files as they are
    expect(out).toMatch(/\]  poll \(helper\.mjs:2\)\n.*\]  fn \(spin\.mjs:2\)\n/);
    expect(out.match(/stuck for 2\ds! \[sh:\d+\]\n/g)).toHaveLength(2);
    expect(out).toMatch(/\nstill here\n$/);
  });

  test('is reported by run, which goes on to the end of the scenario', () => {
    const { status, err } = kmodel('run', 'wait.yaml', '--daemon', './spin.mjs');
    expect(err).toMatch(/^oops wait\.yaml: watchdog: BUG: soft lockup - CPU#1 stuck for 2\ds! \[spin:\d+\]\n/);
    expect(err).toMatch(/ poll \(helper\.mjs:2\)/);
    expect(status).toBe(1);
  });

  test.each([
    ['in its init', 'init', /init could not be loaded: -110; its init has not returned after 60 s; watchdog: BUG: /],
    ['at its top level', 'top', /cannot be loaded: a loop does not end: top\.mjs:2$/],
    ['nowhere, but it is no JavaScript', 'syntax', /cannot be loaded: syntax\.mjs:3:3: Unexpected token$/],
  ])('%s, is bad input for run', (_where, file, said) => {
    const { status, err } = kmodel('run', 'wait.yaml', '--daemon', `./${file}.mjs`);
    expect(err.trimEnd()).toMatch(said);
    expect(status).toBe(2);
  });
});

test('a file that was changed is loaded as it is now', async () => {
  const say = (what: string): string =>
    dir.file('say.mjs', `export default { name: 'say', *init(d) { d.log('${what}'); }, *exit() {} };`);
  say('one');
  const shell = spawn(process.execPath, [BIN, 'shell'], { cwd: dir.path, env: { ...process.env, NODE_OPTIONS: '' } });
  let out = '';
  const ended = new Promise((resolve) => shell.on('close', resolve));
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (!text.includes('first')) return;
    say('two');
    shell.stdin.end('insmod ./say.mjs\ndmesg\n');
  });
  shell.stdin.write('insmod ./say.mjs\nrmmod say\necho first\n');
  await ended;
  expect(out).toMatch(/say: one\n.*say: two\n/);
}, 60_000);
