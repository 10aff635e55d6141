import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ROOT, TestDir, WELL, kmodelInTime, type Ran } from './world.ts';

const MINE = `export default {
  name: 'mine',
  threads: [{ name: 'mine', *fn({ k }) { while (!(yield* k.kthreadShouldStop())) yield* k.msleep(1); } }],
};
`;

/** A daemon whose thread looks at its stop flag, and then says that it will sleep. */
const CARELESS = `export default {
  name: 'careless',
  threads: [{ name: 'careless', *fn({ k }) {
    while (!(yield* k.kthreadShouldStop())) {
      yield* k.setCurrentState(2);
      yield* k.schedule();
    }
  } }],
};
`;

/** One that does it in the right order. */
const CAREFUL = CARELESS.replace(
  'yield* k.schedule',
  'if (!(yield* k.kthreadShouldStop())) yield* k.schedule',
).replaceAll('careless', 'careful');

let dir: TestDir;
const before = process.cwd();
beforeEach(() => {
  dir = new TestDir();
  process.chdir(dir.path);
});
afterEach(() => {
  process.chdir(before);
  dir.remove();
});

function kmodel(...args: string[]): Promise<Ran> {
  return kmodelInTime(args);
}

/** A package in a directory below the current one. */
function packageAt(path: string, manifest: object): void {
  mkdirSync(dir.at(path), { recursive: true });
  dir.file(join(path, 'package.json'), JSON.stringify(manifest));
  dir.file(join(path, 'mine.mjs'), MINE);
}

describe('an example', () => {
  const manifestOf = (path: string): { version: string; peerDependencies: Record<string, string> } =>
    JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));

  test.each(readdirSync(join(ROOT, 'examples/daemons')))('%s asks for the packages beside which it is', (name) => {
    for (const [dependency, range] of Object.entries(manifestOf(`examples/daemons/${name}`).peerDependencies))
      expect([dependency, range]).toEqual([
        dependency,
        `^${manifestOf(dependency.replace(/^@kernel-model/, 'packages')).version}`,
      ]);
  });
});

describe('run --daemon', () => {
  test.each([
    ['a file', './mine.mjs'],
    ['a directory', './plugin'],
    ['a package', '@me/mine'],
    ['an example', 'demo'],
  ])('loads %s before the scenario runs', async (_what, daemon) => {
    dir.file('mine.mjs', MINE);
    packageAt('plugin', { main: 'mine.mjs' });
    packageAt('node_modules/@me/mine', { exports: { '.': { types: './mine.d.ts', import: './mine.mjs' } } });
    const ran = await kmodel('run', dir.file('well.yaml', WELL), '--daemon', daemon, '--trace', 'out');
    expect(ran).toMatchObject({ status: 0, err: '' });
  });

  test('may be asked for by the scenario, with options, from where its file is', async () => {
    const blinker = `export default {
      name: 'blinker',
      options: { periodMs: { type: 'integer', default: 1000 } },
      threads: [{ name: 'blinker', *fn({ k, options }) {
        while (!(yield* k.kthreadShouldStop())) yield* k.msleep(options.periodMs); } }],
    };`;
    mkdirSync(dir.at('sub'));
    dir.file('sub/blinker.mjs', blinker);
    const wakeups = async (periodMs: number): Promise<number> => {
      const file = dir.file(
        'sub/wait.yaml',
        `daemons: { ./blinker.mjs: { periodMs: ${periodMs} } }\nmain:\n  - msleep: 80\n`,
      );
      const ran = await kmodel('run', file, '--trace', '-');
      expect(ran.status).toBe(0);
      return ran.out.match(/ blinker-\d+ .*sched_switch/g)?.length ?? 0;
    };
    expect(await wakeups(40)).toBeGreaterThan(0);
    expect(await wakeups(8)).toBeGreaterThan(2 * (await wakeups(40)));
  });

  test.each([
    ['that does not exist', 'run', './none.mjs: {}', /wait\.yaml:1:12: \S*none\.mjs: there is no such file/],
    ['with options that are no map', 'run', 'demo: [1]', /wait\.yaml:1:18: the options of demo must be a map/],
    [
      'that does not exist, in a search',
      'explore',
      './none.mjs: {}',
      /wait\.yaml:1:12: \S*none\.mjs: there is no such file/,
    ],
  ])('refuses a daemon of the scenario %s', async (_what, command, entry, message) => {
    const file = dir.file('wait.yaml', `daemons: { ${entry} }\nmain:\n  - msleep: 20\n`);
    const ran = await kmodel(command, file);
    expect(ran.status).toBe(2);
    expect(ran.err).toMatch(message);
  });

  test('searches how a daemon of the scenario is loaded and unloaded', async () => {
    dir.file('careless.mjs', CARELESS);
    dir.file('careful.mjs', CAREFUL);
    const careless = dir.file('a.yaml', 'daemons: { ./careless.mjs: {} }\nmain:\n  - print: 1\n');
    const careful = dir.file('b.yaml', 'daemons: { ./careful.mjs: {} }\nmain:\n  - print: 1\n');
    const ran = await kmodel('explore', careless);
    expect(ran.status).toBe(1);
    expect(ran.out).toMatch(/^hang: km_main .* waits for careless to exit; careless \(pid \d+, D\) waits for a wakeup/);
    const schedule = /--schedule (\S+)/.exec(ran.out)![1]!;
    const again = await kmodel('replay', careless, '--schedule', schedule);
    expect(again.status).toBe(1);
    expect(again.out).toMatch(/ careless-\d+ .*sched_switch/);
    expect((await kmodel('explore', careful, '--early-timers', '0')).out).toMatch(
      /^no failure .*every interleaving was covered/,
    );
  });

  test('lets its threads run on the machine of the scenario', async () => {
    const scenario = dir.file('wait.yaml', 'main:\n  - msleep: 20\n');
    const daemon = dir.file('mine.mjs', MINE);
    const cache = join(ROOT, 'examples/daemons/cache-flusher');
    const ran = await kmodel('run', scenario, '--daemon', daemon, '--daemon', cache, '--trace', '-');
    expect(ran.status).toBe(0);
    expect(ran.out).toMatch(/ mine-\d+ .*sched_switch/);
  });

  test.each([
    ['is not there', './none.mjs', '', /there is no such file or directory/],
    ['is no package either', 'none', '', /there is no such file, package or example/],
    ['exports no daemon', './d.mjs', 'export const x = 1;', /exports no daemon; it exports: x/],
    ['throws', './d.mjs', 'throw new Error("bad\\nluck");', /cannot be loaded: bad$/],
    ['throws no error', './d.mjs', 'throw null;', /cannot be loaded: null$/],
    ['is no JavaScript file', './d.ts', 'export {};', /a \.js or \.mjs file/],
    ['does not want to be loaded', './d.mjs', 'export default { name: "no", *init() { return -22; } };', /no .*-22/],
  ])('of what %s is one message and status 2', async (_what, daemon, code, said) => {
    if (code !== '') dir.file(daemon, code);
    const ran = await kmodel('run', dir.file('well.yaml', WELL), '--daemon', daemon, '--trace', 'out');
    expect(ran).toMatchObject({ status: 2, out: '' });
    expect(ran.err.trimEnd()).toMatch(said);
    expect(ran.err.trimEnd()).not.toContain('\n');
    expect(existsSync(dir.at('out'))).toBe(false);
  });

  test('of a package that is not built says so', async () => {
    packageAt('plugin', { exports: './dist/index.js' });
    const ran = await kmodel('run', dir.file('well.yaml', WELL), '--daemon', './plugin');
    expect(ran.status).toBe(2);
    expect(ran.err).toMatch(/dist\/index\.js, which is not there; build it first\n$/);
  });
});

describe('shell', () => {
  test('loads and unloads the examples by their names', async () => {
    const commands = 'insmod demo times=2; ps -ef | grep demo; rmmod demo; echo gone $?; ps -ef | grep demo';
    const { status, out, err } = await kmodel('shell', '-c', commands);
    expect(out).toMatch(/^.* \[demo\]\ngone 0\n$/);
    expect({ status, err }).toEqual({ status: 1, err: '' });
  });

  test.each(['cache-flusher', 'nvme-completion'])('knows %s', async (name) => {
    const { status, out } = await kmodel('shell', '-c', `insmod ${name} && lsmod | wc -l`);
    expect({ status, out: out.trim() }).toEqual({ status: 0, out: '2' });
  });

  test('knows what --daemon names, and reads files', async () => {
    const mine = dir.file('mine.mjs', MINE);
    expect(await kmodel('shell', '--daemon', mine, '-c', 'insmod mine; rmmod mine')).toEqual({
      status: 0,
      out: '',
      err: '',
    });
    expect((await kmodel('shell', '-c', 'insmod ./mine.mjs; rmmod mine; insmod mine; lsmod')).out).toContain('\nmine ');
    expect((await kmodel('shell', '--daemon', dirname(mine), '-c', 'true')).err).toMatch(/has no package\.json/);
  });

  test('says why a file cannot be loaded, and goes on', async () => {
    dir.file('bad.mjs', 'export const x = 1;');
    const { out, err } = await kmodel('shell', '-c', 'insmod ./bad.mjs; insmod nothing\necho $?');
    expect(out).toBe('1\n');
    expect(err).toBe(
      'insmod: ERROR: could not load module ./bad.mjs: The module exports no daemon; it exports: x. See defineDaemon() in @kernel-model/daemons.\n' +
        'insmod: ERROR: could not load module nothing: No such file or directory\n',
    );
  });
});
