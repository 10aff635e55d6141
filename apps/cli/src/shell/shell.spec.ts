import { PassThrough, Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { defineDaemon } from '@kernel-model/daemons';
import { main } from '../main.ts';
import { COMMANDS } from './commands.ts';
import { complete } from './completion.ts';
import { Shell, type ShellOptions } from './shell.ts';
import { runScript, runTerminal } from './terminal.ts';

/** Uses CPU 1 for 3 ms of every 4, and takes no signals. */
const demo = defineDaemon({
  name: 'demo',
  options: { busyUs: { type: 'integer', default: 3000 } },
  threads: [
    {
      name: 'demo',
      cpu: 1,
      *fn({ k, options }) {
        while (!(yield* k.kthreadShouldStop())) {
          yield* k.busy(options.busyUs);
          yield* k.msleep(1);
        }
      },
    },
  ],
});

/** Cannot be unloaded: its thread never ends. */
const stuck = defineDaemon({
  name: 'stuck',
  threads: [
    {
      name: 'stuck',
      *fn({ k }) {
        for (;;) yield* k.msleep(100);
      },
    },
  ],
});

class Console {
  out = '';
  err = '';
  readonly shell: Shell;

  constructor(options: ShellOptions = {}) {
    this.shell = new Shell(
      { stdout: { write: (text) => (this.out += text) }, stderr: { write: (text) => (this.err += text) } },
      { daemons: [demo, stuck], ...options },
    );
  }

  /** Run a line. @returns what it wrote, errors too */
  type(line: string): string {
    this.out = this.err = '';
    this.shell.runLine(line);
    return this.out + this.err;
  }

  pid(comm: string): number {
    return [...this.shell.machine.sched.tasks.values()].find((p) => p.comm === comm)!.pid;
  }
}

describe('kmodel shell -c', () => {
  test('runs commands and exits with the status of the last one', () => {
    let out = '';
    let err = '';
    const io = {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      env: {},
    };
    expect(main(['shell', '--cpus', '1', '-c', 'nproc; cat /proc/99/stat'], io)).toBe(1);
    expect([out, err]).toEqual(['1\n', 'cat: /proc/99/stat: No such file or directory\n']);
    expect(main(['shell', '-c', 'exit 3\necho not reached'], io)).toBe(3);
    expect(main(['shell', '--cpus', '0'], io)).toBe(2);
  });
});

describe('the shell', () => {
  test('answers the commands of the textbooks', () => {
    const c = new Console();
    expect(c.type("ps -ef | grep '\\[' | head -1")).toBe(
      'root         2     0  0 00:00 ?        00:00:00 [kthreadd]\n',
    );
    expect(c.type('ps -eo pid,ppid,comm | grep kworker | head -1')).toMatch(/^ +\d+ {5}2 kworker\/\S+\n$/);
    expect(c.type('cat /proc/2/stack')).toMatch(/^\[<0>\] kthreadd\+0x2d3\/0x2f0\n\[<0>\] ret_from_fork\+/);
    expect(c.type('cat /proc/2/sched')).toMatch(/^kthreadd \(2, #threads: 1\)\n-{67}\nse\.exec_start +: +\d+\.\d{6}\n/);
    expect(c.type('ps -ef | grep demo; cat /proc/99/stack')).toBe('cat: /proc/99/stack: No such file or directory\n');
    expect(c.type('uptime')).toBe(' 00:00:00 up 0 min,  0 users,  load average: 0.00, 0.00, 0.00\n');
  });

  test('joins, chains, quotes and redirects as a shell does', () => {
    const c = new Console();
    expect(c.type('false; echo $?; true && echo "a; b" || echo no; foo || echo \'$?\'')).toBe(
      '1\na; b\n$?\n-sh: foo: command not found\n',
    );
    expect(c.type('cat < /proc/2/comm # a comment; echo')).toBe('kthreadd\n');
    expect(c.type('echo /proc/2/st*')).toBe('/proc/2/stack /proc/2/stat /proc/2/statm /proc/2/status\n');
    expect(c.type('echo a > /dev/null')).toBe('');
    expect([c.type("echo 'a"), c.shell.status]).toEqual(["-sh: unexpected EOF while looking for matching `''\n", 2]);
    expect(c.type('| wc')).toBe("-sh: syntax error near unexpected token `|'\n");
    expect(c.type('echo a |')).toBe("-sh: syntax error near unexpected token `newline'\n");
    expect(c.type('echo a;; echo b')).toBe("-sh: syntax error near unexpected token `;'\n");
    expect(c.type('echo a$ "$?"b')).toBe('a$ 2b\n');
    expect(c.type('echo ${')).toMatch(/^-sh: bad substitution/);
    expect(c.type('')).toBe('');
  });

  test('sends signals', () => {
    const c = new Console();
    expect([c.type('kill -9 2'), c.shell.status]).toEqual(['', 0]);
    expect([c.type('kill 99'), c.shell.status]).toEqual(['kill: (99) - No such process\n', 1]);
    expect(c.type('kill -SIGNONE 2')).toBe('kill: SIGNONE: invalid signal specification\n');
    expect(c.type('kill')).toMatch(/^kill: usage: /);
    expect(c.type('kill -s TERM x')).toBe('kill: x: arguments must be process or job IDs\n');
    expect(c.type('kill -l | head -1; kill -0 2 && echo there')).toBe(' 1) SIGHUP\nthere\n');
  });

  test('goes on in a new process when its own is killed', () => {
    const c = new Console();
    const old = c.shell.pid;
    c.type('kill -9 $$');
    expect(c.type('kill -0 2; echo $?')).toBe('0\n');
    expect(c.shell.pid).toBeGreaterThan(old);
    expect(c.type('ps -e | grep -c sh$')).toBe('1\n');
  });

  test('changes policies', () => {
    const c = new Console();
    const current = (policy: string, priority: number): string =>
      `pid 2's current scheduling policy: ${policy}\npid 2's current scheduling priority: ${priority}\n`;
    expect(c.type('chrt -p 2')).toBe(current('SCHED_OTHER', 0));
    expect(c.type('chrt -f -p 50 2; chrt -p 2; ps -o cls=,rtprio= -p 2')).toBe(
      `${current('SCHED_FIFO', 50)} FF     50\n`,
    );
    expect(c.type('chrt --other --pid 0 2; chrt -p 2')).toBe(current('SCHED_OTHER', 0));
    expect(c.type('chrt -f -p 50 99')).toBe("chrt: failed to set pid 99's policy: No such process\n");
    expect(c.type('chrt -p 99')).toBe("chrt: failed to get pid 99's policy: No such process\n");
    expect(c.type('chrt -f -p 0 2')).toBe(
      'chrt: unsupported priority value for the policy: 0: see --max for valid range\n',
    );
    expect(c.type(`chrt -f -p 1 ${c.pid('migration/0')}`)).toMatch(
      /^chrt: failed to set pid \d+'s policy: Invalid argument\n$/,
    );
    expect(c.type('chrt -d -T 1000000 -D 5000000 -P 5000000 -p 0 2; chrt -p 2')).toMatch(
      /SCHED_DEADLINE\n.*\npid 2's current runtime\/deadline\/period parameters: 1000000\/5000000\/5000000\n$/,
    );
  });

  test('moves tasks between CPUs', () => {
    const c = new Console();
    expect(c.type('taskset -p 2 2; taskset -pc 2')).toBe(
      "pid 2's current affinity mask: 3\npid 2's new affinity mask: 2\npid 2's current affinity list: 1\n",
    );
    const migration = c.pid('migration/0');
    expect(c.type(`taskset -p 3 ${migration}`)).toBe(
      `pid ${migration}'s current affinity mask: 1\ntaskset: failed to set pid ${migration}'s affinity: Invalid argument\n`,
    );
    expect(c.type('taskset -p 99')).toBe("taskset: failed to get pid 99's affinity: No such process\n");
    expect(c.type('taskset -p xyz 2')).toBe('taskset: failed to parse CPU mask: xyz\n');
    expect(c.type('taskset -cp 0-1 2 | tail -1')).toBe("pid 2's new affinity list: 0,1\n");
  });

  test('changes nice values', () => {
    const c = new Console();
    expect(c.type('renice -n 5 -p 2; ps -o stat= -p 2')).toBe('2 (process ID) old priority 0, new priority 5\nSN\n');
    expect(c.type('renice -30 2')).toBe('2 (process ID) old priority 5, new priority -20\n');
    expect(c.type('renice -n 5 -p 99')).toBe('renice: failed to get priority for 99 (process ID): No such process\n');
  });

  test('finds tasks by name', () => {
    const c = new Console();
    const [kswapd, first] = [c.pid('kswapd0'), c.pid('ksoftirqd/0')];
    expect(c.type('pgrep kswapd; pgrep -a kswapd; pidof kswapd0')).toBe(`${kswapd}\n${kswapd} [kswapd0]\n${kswapd}\n`);
    expect(c.type('pgrep -l "^ksoft.*/0$"')).toBe(`${first} ksoftirqd/0\n`);
    expect([c.type('pgrep -x ksoftirqd'), c.shell.status]).toEqual(['', 1]);
    expect([c.type('pidof nobody'), c.shell.status]).toEqual(['', 1]);
    expect([c.type("pgrep '('"), c.shell.status]).toEqual(['pgrep: invalid regular expression: (\n', 2]);
    expect(c.type('pgrep')).toMatch(/^pgrep: usage: /);
  });

  test('puts what a command writes in the place of $(...)', () => {
    const c = new Console();
    expect(c.type('cat /proc/$(pgrep kswapd0)/comm')).toBe('kswapd0\n');
    expect(c.type('echo "$(pgrep -l ksoft; echo a; echo)" | wc -l')).toBe('3\n');
    expect(c.type("echo $(pgrep -l ksoft | sort -r; echo $(echo b)) '$(echo c)'")).toMatch(
      /^\d+ ksoftirqd\/1 \d+ ksoftirqd\/0 b \$\(echo c\)\n$/,
    );
    expect(c.type('echo $(cat /nothing)')).toBe('\ncat: /nothing: No such file or directory\n');
    expect(c.type('echo $(exit 3) there; echo $(echo "it\'s; (x)")')).toBe("there\nit's; (x)\n");
    expect([c.type('echo $(pgrep'), c.shell.status]).toEqual(["-sh: syntax error near unexpected token `('\n", 2]);
  });

  test('takes CPUs down and up', () => {
    const c = new Console();
    const online = '/sys/devices/system/cpu/cpu1/online';
    expect(c.type(`echo 0 > ${online}; cat ${online} /sys/devices/system/cpu/online; nproc`)).toBe('0\n0\n1\n');
    expect(c.type('dmesg')).toMatch(/^\[ +\d+\.\d{6}\] smpboot: CPU 1 is now offline\n$/);
    expect(c.type("ps -eo psr=,stat=,comm= | grep 'migration/1'")).toBe('  1 P    migration/1\n');
    expect(c.type(`echo 1 > ${online}; cat /sys/devices/system/cpu/online`)).toBe('0-1\n');
    expect([c.type(`echo x > ${online}`), c.shell.status]).toEqual(['-sh: echo: write error: Invalid argument\n', 1]);
    expect(c.type('echo 0 > /proc/2/nonsense')).toBe('-sh: /proc/2/nonsense: Permission denied\n');
    expect(c.type('echo 0 > /proc/99/comm')).toBe('-sh: /proc/99/comm: No such file or directory\n');
    expect(c.type('echo 0 > /proc/2')).toBe('-sh: /proc/2: Is a directory\n');
  });

  test('loads and unloads daemons', () => {
    const c = new Console();
    expect(c.type('insmod nothing')).toBe('insmod: ERROR: could not load module nothing: No such file or directory\n');
    expect(c.type('rmmod demo')).toBe('rmmod: ERROR: Module demo is not currently loaded\n');
    expect(c.type('insmod ./demo.ko busyUs=3000 && lsmod')).toMatch(/^Module +Size +Used by\ndemo +\d+ +0\n$/);
    expect(c.type('insmod demo')).toBe('insmod: ERROR: could not insert module demo: File exists\n');
    expect(c.type('insmod stuck; rmmod demo; insmod demo busyUs=x; dmesg')).toMatch(
      /^\[ .*busyUs.*\ninsmod: ERROR: could not insert module demo: Invalid parameters\n$/,
    );
    expect(c.type('ps -e | grep demo')).toBe('');
  });

  test('leaves a command that never returns to itself', () => {
    const c = new Console();
    c.type('insmod stuck');
    const blocked = c.shell.pid;
    expect(c.type('rmmod stuck')).toMatch(
      /^rmmod: has not returned after 10 s; it goes on in the background as pid \d+\n$/,
    );
    expect(c.type(`ps -o stat=,wchan:20= -p ${blocked}; cat /proc/${blocked}/stack | head -1`)).toMatch(
      /^D +kthread_stop\n\[<0>\] kthread_stop\+/,
    );
    expect(c.type('kill -0 2; echo $?')).toBe('0\n');
    expect(c.shell.pid).not.toBe(blocked);
  });

  test('lets time pass only when it is told to', () => {
    const c = new Console();
    const at = c.shell.machine.sim.now;
    c.type('ps -ef; cat /proc/2/sched; ls /proc');
    expect(c.shell.machine.sim.now).toBe(at);
    c.type('run 10ms; sleep 1');
    expect(c.shell.machine.sim.now).toBe(at + 1.01e9);
    expect(c.type('run fast')).toBe("run: invalid time interval 'fast'\n");
    expect(c.type('run')).toBe('run: usage: run TIME\n');
    expect(c.type('insmod demo; run 100ms; ps -o time=,etimes= -C demo; cat /proc/loadavg')).toMatch(
      /^00:00:00 +0\n0\.00/,
    );
  });

  test('shows memory as kswapd sees it', () => {
    const c = new Console({ machine: { memoryPages: 65_536 } });
    const [dma32] = c.shell.machine.daemons!.pgdat.zones.filter((zone) => zone.name === 'DMA32');
    expect(c.type("cat /proc/zoneinfo | grep -o 'managed .*' | head -2")).toBe('managed  3840\nmanaged  61696\n');
    dma32!.freePages -= 1000;
    expect(c.type("grep -w 'nr_free_pages' /proc/vmstat")).toBe('nr_free_pages 64536\n');
  });

  test('shows what happens', () => {
    const c = new Console();
    c.type('insmod demo; trace on; run 20ms; trace off; run 20ms');
    expect(c.type('trace show | head -1; trace show | grep -c sched_switch')).toMatch(/^# tracer: nop\n[1-9]\d*\n$/);
    expect(
      c.type('cat /sys/kernel/tracing/tracing_on; echo > /sys/kernel/tracing/trace; trace show | grep -vc "#"'),
    ).toBe('0\n0\n');
    expect(c.type('step 40')).toMatch(/^( +\S+-\d+ +\[00\d\] .*\n)+$/);
    expect(c.type('trace sideways')).toBe('trace: usage: trace on|off|show|clear\n');
    expect(c.type('watch -n 0.5 echo tick')).toMatch(/^(Every 0\.5s: echo tick +\d+\.\d{6}\n\ntick\n\n){3}$/);
  });

  test('has the files of tracefs: what docs say of a real machine can be typed', () => {
    const c = new Console();
    expect(c.type('cd /sys/kernel/tracing; pwd; ls | head -3')).toBe(
      '/sys/kernel/tracing\navailable_events\nbuffer_size_kb\ncurrent_tracer\n',
    );
    c.type('echo 1 > events/workqueue/enable; echo sched:sched_switch >> set_event; insmod demo; run 20ms');
    expect(c.type('cat events/workqueue/enable events/sched/enable events/sched/sched_switch/enable')).toBe(
      '1\nX\n1\n',
    );
    expect(c.type('cat trace | grep -v "#" | grep -v sched_switch | grep -vc workqueue_')).toBe('0\n');
    expect(
      c.type('grep -c sched_switch trace; echo 0 > tracing_on; echo > trace; run 20ms; grep -vc "#" trace'),
    ).toMatch(/^[1-9]\d*\n0\n$/);
    expect(c.type("echo '!sched:*' >> set_event; cat set_event | wc -l; echo > set_event; cat set_event")).toBe('4\n');
    expect(c.type('echo 1 > tracing_on; echo hello > trace_marker; cat trace_pipe; cat trace_pipe')).toMatch(
      /^ +sh-\d+ +\[00\d\] \.{5} .*: tracing_mark_write: hello\n$/,
    );
    expect(c.type('echo 1 > events/sched/sched_stat_sleep/enable; dmesg | tail -1')).toMatch(
      /require the kernel parameter schedstats=enable/,
    );
    expect(c.type('echo function > current_tracer; echo sched_swich > set_event; echo 2 > events/enable')).toBe(
      '-sh: echo: write error: Invalid argument\n'.repeat(3),
    );
  });

  test('keeps the last events only, as many as the buffer holds', () => {
    const c = new Console();
    c.type('echo 1 > /sys/kernel/tracing/buffer_size_kb; insmod demo; trace on; run 2s');
    const [, kept, written] = /entries-in-buffer\/entries-written: (\d+)\/(\d+)/.exec(c.type('trace show'))!;
    expect(Number(kept)).toBe(18);
    expect(Number(written)).toBeGreaterThan(100);
    expect(c.type('trace show | grep -vc "#"')).toBe('18\n');
  });

  test('goes into directories', () => {
    const c = new Console();
    expect(c.type('cd /proc; cat 2/comm; cd 2; pwd; cat ./comm ../2/comm; cd -; echo $PWD; cd; pwd')).toBe(
      'kthreadd\n/proc/2\nkthreadd\nkthreadd\n/proc\n/proc\n/\n',
    );
    expect(c.type('cd /nowhere; cd /proc/2/comm; cd /proc; echo 2/com*')).toBe(
      '2/comm\ncd: /nowhere: No such file or directory\ncd: /proc/2/comm: Not a directory\n',
    );
    expect(c.type('echo 1 > 2/nothing')).toBe('-sh: 2/nothing: Permission denied\n');
  });

  test('filters text', () => {
    const c = new Console();
    const cpus = 'cat /proc/softirqs';
    expect(c.type(`${cpus} | grep -n -w TIMER | cut -d: -f1,2`)).toBe('3:       TIMER\n');
    expect(c.type(`${cpus} | tail -n +1`)).toBe("tail: invalid number of lines: '+1'\n");
    expect(c.type(`${cpus} | wc -l; ${cpus} | head -3 | tail -1 | cut -c 8-12`)).toBe('11\nTIMER\n');
    expect(c.type('ps -eo comm= | cut -c1-9 | sort | uniq -c | grep migration')).toBe('      2 migration\n');
    expect(c.type("ps -eo pid=,comm= | sort -k1 -rn | tail -1; ps -e | grep '^ *[12] ' | wc -l")).toBe(
      '    1 init\n2\n',
    );
    expect(c.type("echo 'a+b' | grep 'a+b' | grep -E 'a\\+b' | grep -o '[[:alpha:]]$'")).toBe('b\n');
    expect([c.type('ps -e | grep nothing'), c.shell.status]).toEqual(['', 1]);
    expect(c.type('grep x /proc/99/stat')).toBe('grep: /proc/99/stat: No such file or directory\n');
  });

  test('explains every command', () => {
    const c = new Console();
    const help = c.type('help');
    for (const { name } of COMMANDS.values()) expect(help).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(c.type('help chrt')).toMatch(/^chrt \[-f\|/);
    expect(c.type('history | tail -1')).toBe('    3  history | tail -1\n');
  });

  test('completes commands, files, pids and daemons', () => {
    const { shell } = new Console();
    expect(complete(shell, 'ps -e | gr')).toEqual([['grep '], 'gr']);
    expect(complete(shell, 'cat /proc/2/sta')).toEqual([
      ['/proc/2/stack', '/proc/2/stat', '/proc/2/statm'].concat('/proc/2/status'),
      '/proc/2/sta',
    ]);
    expect(complete(shell, 'ls /sys/dev')).toEqual([['/sys/devices/'], '/sys/dev']);
    shell.runLine('cd /proc');
    expect(complete(shell, 'cat 2/com')).toEqual([['2/comm'], '2/com']);
    expect(complete(shell, 'insmod d')).toEqual([['demo'], 'd']);
    expect(complete(shell, 'kill -9 2')[0]).toContain('2');
  });

  test('stops a long run on Ctrl-C', () => {
    const c = new Console({ interactive: true });
    c.type('insmod demo');
    const run = c.shell.submit('run 1000s; echo not reached');
    for (let i = 0; i < 3; i++) expect(run.next(false).done).toBe(false);
    expect(run.next(true)).toEqual({ done: true, value: 130 });
    expect(c.out).toBe('');
    expect(c.shell.machine.sim.now).toBeLessThan(1000e9);
    expect(c.type('echo $?')).toBe('130\n');
  });
});

describe('a script in a pipe', () => {
  test('runs line by line to its end or to exit', async () => {
    const c = new Console();
    expect(await runScript(c.shell, Readable.from(['echo a\necho b\n', 'cat /nope\n']))).toBe(1);
    expect(c.out).toBe('a\nb\n');
    expect(await runScript(c.shell, Readable.from(['exit 7\necho c\n']))).toBe(7);
  });
});

describe('a terminal', () => {
  /** Types keys one after the other and gives everything that was shown. */
  async function session(...keys: string[]): Promise<{ readonly status: number; readonly screen: string }> {
    const input = new PassThrough();
    const output = new PassThrough();
    let screen = '';
    output.on('data', (data: Buffer) => (screen += data.toString()));
    const shell = new Shell({ stdout: output, stderr: output }, { daemons: [demo], interactive: true });
    const ended = runTerminal(shell, input, output);
    for (const key of keys) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      input.write(key);
    }
    return { status: await ended, screen };
  }

  test('edits lines, remembers them, and ends with Ctrl-D', async () => {
    const { status, screen } = await session('echo onw\x1b[D\x1b[D\x1b[3~\x1b[3~\x1b[Cne\r', 'false\r', '\x04');
    expect(screen).toContain('# ');
    expect(screen).toMatch(/exit\n$/);
    expect(status).toBe(1);
  });

  test('interrupts what runs with Ctrl-C, and forgets what was typed', async () => {
    const { status, screen } = await session(
      'insmod demo\r',
      'run 100000s\r',
      '\x03',
      'half typed\x03',
      'echo $?\r',
      'exit 5\r',
    );
    expect(screen).toMatch(/\n130\r?\n/);
    expect(screen).not.toContain('command not found');
    expect(status).toBe(5);
  });
});

describe('a disk', () => {
  test('is mounted, written and unmounted as by the real tools', () => {
    const c = new Console();
    expect(c.type('mount /dev/sda1 /mnt && mount')).toBe('/dev/sda1 on /mnt type ext4 (rw,relatime)\n');
    expect(c.type('dd if=/dev/zero of=/mnt/f bs=1M count=8')).toMatch(
      /^8\+0 records in\n8\+0 records out\n8388608 bytes \(8\.4 MB, 8\.0 MiB\) copied, [\d.]+ s, [\d.]+ [MG]B\/s\n$/,
    );
    expect(c.type("grep -w 'nr_dirty' /proc/vmstat")).toBe('nr_dirty 2048\n');
    expect(c.type('sync; grep -E "nr_dirty |nr_written" /proc/vmstat')).toBe('nr_dirty 0\nnr_written 2048\n');
    expect(c.type("ps -eo comm | grep -E 'jbd2|flush-' | sort")).toMatch(/^jbd2\/sda1-8\nkworker\/u8:\d-flush-8:0\n$/);
    expect(c.type('umount /mnt; mount; ps -e | grep jbd2')).toBe('');
  });

  test('says what is wrong', () => {
    const c = new Console();
    expect(c.type('mount /dev/sdz9 /mnt')).toBe('mount: /mnt: special device /dev/sdz9 does not exist.\n');
    expect(c.type('mount /dev/sda1 /proc')).toBe('mount: /proc: mount point does not exist.\n');
    expect(c.type('umount /mnt')).toBe('umount: /mnt: not mounted.\n');
    expect(c.type('dd if=/dev/zero of=/mnt/f count=1')).toMatch(
      /^dd: failed to open '\/mnt\/f': No such file or directory/,
    );
    expect(c.type('dd count=x')).toBe("dd: invalid number: 'x'\n");
  });
});

test('numbers in /proc/sys are read and written, within their bounds', () => {
  const c = new Console();
  const file = '/proc/sys/vm/dirty_ratio';
  expect(c.type(`cat ${file}; echo 40 > ${file}; cat ${file}`)).toBe('20\n40\n');
  expect(c.type(`echo 101 > ${file}; cat ${file}`)).toBe('40\n-sh: echo: write error: Invalid argument\n');
  expect(c.type('ls /proc/sys/vm | head -1')).toBe('compaction_proactiveness\n');
});

test('a process shows the memory that it has mapped and touched, a kernel thread none', () => {
  const c = new Console();
  const p = c.shell.machine.spawnUser('A', function* (u) {
    const addr = yield* u.mmap(1000);
    yield* u.touch(addr, 100);
    yield* u.sleep(1e6);
    return 0;
  });
  c.type('run 10ms');
  const size = Number(c.type(`cat /proc/${p.pid}/statm`).split(' ')[0]);
  // beside it, what every program has
  expect(size).toBeGreaterThan(1000);
  const resident = size - 900;
  expect(c.type(`cat /proc/${p.pid}/statm`)).toBe(`${size} ${resident} 0 0 0 ${size} 0\n`);
  expect(c.type(`ps -o vsz,rss,sz,comm -p ${p.pid}`).split('\n')[1]!.trim().split(/ +/)).toEqual([
    String(size * 4),
    String(resident * 4),
    String(size),
    'A',
  ]);
  expect(c.type(`grep -E '^Vm(Size|RSS)' /proc/${p.pid}/status`)).toBe(
    `VmSize:\t${String(size * 4).padStart(8)} kB\nVmRSS:\t${String(resident * 4).padStart(8)} kB\n`,
  );
  expect(c.type(`cut -d' ' -f23,24 /proc/${p.pid}/stat`)).toBe(`${size * 4096} ${resident}\n`);
  expect(c.type(`cat /proc/${p.pid}/maps`)).toMatch(/^([0-9a-f]{8,}-[0-9a-f]{8,} rw-p 00000000 00:00 0 \n)+$/);
  expect(c.type('cat /proc/2/statm /proc/2/maps; ps -o vsz,rss -p 2')).toBe(
    '0 0 0 0 0 0 0\n   VSZ   RSS\n     0     0\n',
  );
  expect(c.type('grep Vm /proc/2/status')).toBe('');
});

test.each([
  ['cat /none 2> /dev/null', '', 1],
  ['cat /none 2>/dev/null || echo missing', 'missing\n', 0],
  ['cat /none 2>&1 | wc -l', '1\n', 0],
  ['cat /none > /dev/null 2>&1', '', 1],
  ['echo 2 > /dev/null', '', 0],
  ['echo "2>&1" a2>/dev/null', '', 0],
  ['cat /none 2> /none', '-sh: /none: Permission denied\n', 1],
  ['cat /none 2>', "-sh: syntax error near unexpected token `newline'\n", 2],
])('error messages go where they are sent: %s', (line, said, status) => {
  const c = new Console();
  expect({ said: c.type(line), status: c.shell.status }).toEqual({ said, status });
});

test('a command that does not exist may be a misspelt one', () => {
  const c = new Console();
  expect(c.type('dmsg')).toBe('-sh: dmsg: command not found (did you mean dmesg?)\n');
  expect(c.type('systemctl')).toBe('-sh: systemctl: command not found\n');
});
