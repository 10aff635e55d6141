import { beforeAll, describe, expect, test } from '@jest/globals';
import { Shell } from './shell.ts';
import { NoSuchEvent, expandHistory } from './history.ts';

let shell: Shell;
let written = '';

beforeAll(() => {
  const stream = { write: (text: string) => (written += text) };
  shell = new Shell({ stdout: stream, stderr: stream });
});

function type(line: string): string {
  written = '';
  shell.runLine(line);
  return written;
}

describe('sed', () => {
  test.each([
    ["echo a-b-c | sed 's/-/+/'", 'a+b-c\n'],
    ["echo a-b-c | sed 's/-/+/g'", 'a+b+c\n'],
    ["echo Abc | sed -n 's/a/x/Ip'", 'xbc\n'],
    ["echo abc | sed -n 's/z/x/p'", ''],
    ["echo a/b | sed -E 's,(.)/(.),\\2&\\1,'", 'ba/ba\n'],
    ["echo /proc/2 | sed 's/\\/proc\\///'", '2\n'],
    ["ps -eo pid | sed -n '2p;3p'", '    1\n    2\n'],
    ["ps -eo pid | sed '1d;3q'", '    1\n    2\n'],
    ["ps -eo pid | sed -n '2,/3/p'", '    1\n    2\n    3\n'],
    ["ps -eo comm | sed -n '/^kthreadd$/='", '3\n'],
    ["ps -eo pid | sed '1,3!d' | sed -n '$p'", '    2\n'],
  ])('%s', (line, text) => {
    expect(type(line)).toBe(text);
  });

  test('says what it cannot do', () => {
    expect(type("echo a | sed 'y/a/b/'")).toMatch(/^sed: -e expression #1: char \d+: unknown command: `y'/);
    expect(type("echo a | sed 's/a/b'")).toMatch(/unterminated `s' command/);
    expect(shell.status).toBe(1);
  });
});

describe('awk', () => {
  test.each([
    ["echo a b c | awk '{print $2, $NF}'", 'b c\n'],
    ['echo a:b | awk -F: \'{print $2"-"$1}\'', 'b-a\n'],
    ["ps -eo pid,comm | awk '/kthreadd/ {print NR, $1}'", '3 2\n'],
    ["ps -eo pid,comm | awk '$2 ~ /^ksoftirqd/ && $1 < 20 {print $2}'", 'ksoftirqd/0\n'],
    ['ps -eo pid,comm | awk \'$2 == "init"\'', '    1 init\n'],
    ["ps -eo pid | awk 'NR > 1 && NR <= 4 {s += $1} END {print s, s / 4}'", '6 1.5\n'],
    ['awk \'BEGIN {print 1 + 2 * 3, "x" 4}\'', '7 x4\n'],
    ["echo '' | awk '{print NF}'", '0\n'],
  ])('%s', (line, text) => {
    expect(type(line)).toBe(text);
  });

  test('says what it cannot do', () => {
    expect(type('echo a | awk \'{ printf("%s", $1) }\'')).toMatch(/^awk: cannot do `printf .*; \[PATTERN\] {print/);
    expect(shell.status).toBe(2);
  });
});

describe('xargs', () => {
  test.each([
    ['echo 1 2 | xargs', '1 2\n'],
    ['echo 1 2 3 | xargs -n 2 echo x', 'x 1 2\nx 3\n'],
    ['echo 2 | xargs -I N cat /proc/N/comm', 'kthreadd\n'],
    ["echo | xargs echo 'a  b'", 'a  b\n'],
  ])('%s', (line, text) => {
    expect(type(line)).toBe(text);
  });

  test('reports commands that fail with its own status', () => {
    expect(type('echo /proc/0/comm /proc/2/comm | xargs -n 1 cat')).toBe(
      'cat: /proc/0/comm: No such file or directory\nkthreadd\n',
    );
    expect(shell.status).toBe(123);
  });
});

describe('a line that refers to earlier ones', () => {
  const HISTORY = ['ps -ef', 'run 10ms', 'uptime'];

  test.each([
    ['!!', 'uptime'],
    ['!! | wc', 'uptime | wc'],
    ['!1 | head', 'ps -ef | head'],
    ['!-2', 'run 10ms'],
    ['!ps', 'ps -ef'],
    ["echo '!!' hi! a!=b \\!1", "echo '!!' hi! a!=b \\!1"],
  ])('%s becomes %s', (line, expanded) => {
    expect(expandHistory(line, HISTORY)).toBe(expanded);
  });

  test('is refused if there is no such line', () => {
    for (const line of ['!9', '!-4', '!zz']) expect(() => expandHistory(line, HISTORY)).toThrow(NoSuchEvent);
    expect(() => expandHistory('!!', [])).toThrow('!!: event not found');
  });

  test('is shown as it is run, and remembered so', () => {
    type('echo one');
    expect(type('!!; echo two')).toBe('echo one; echo two\none\ntwo\n');
    expect(shell.history.at(-1)).toBe('echo one; echo two');
    expect(type('!nothing')).toBe('-sh: !nothing: event not found\n');
  });
});

describe('memory and CPUs', () => {
  test('are the same in /proc/meminfo, free, vmstat and top, and go down when somebody takes pages', () => {
    const free = (): number => Number(type("awk '/^MemFree/ {print $2}' /proc/meminfo"));
    const before = free();
    expect(type('stress -m 1 --vm-bytes 100M')).toMatch(/^stress: info: \[\d+\] dispatching hogs: 0 cpu, 0 io, 1 vm/);
    type('run 2s');
    const after = free();
    expect(before - after).toBe(100 * 1024);
    expect(type("free | awk '/^Mem/ {print $4}'")).toBe(`${after}\n`);
    expect(type("vmstat | awk 'NR == 3 {print $4}'")).toBe(`${after}\n`);
    expect(type("top -b -n 1 | sed -n '4p'")).toContain(`${(after / 1024).toFixed(1)} free`);
  });

  test('top has who computes first, with what it used since the last page', () => {
    const pages = type('top -b -n 2 -d 1').split('\n\ntop - ');
    expect(pages).toHaveLength(2);
    const rows = pages[1]!.split('\n');
    const first = rows.find((line) => /^ +\d+ root/.test(line))!;
    expect(first).toMatch(/^ +\d+ root +20 +0 +\d+ +\d+ +0 R +(100\.0|99\.\d) +\d\.\d +0:0\d\.\d\d stress$/);
    expect(rows.find((line) => line.startsWith('%Cpu'))).toMatch(/^%Cpu\(s\): +(50\.\d|49\.\d) us,/);
    expect(type('top -b -n 1')).toMatch(/^ +\d+ root +rt +0 +0 +0 +0 S +0\.\d +0\.0 +0:00\.00 migration\/0$/m);
  });

  test('a process that nobody may kill for memory says so, and one that volunteers goes first', () => {
    const pid = type('pgrep stress | tail -1').trim();
    expect(Number(type(`cat /proc/${pid}/oom_score`))).toBeGreaterThan(666);
    expect(type(`echo -1000 > /proc/${pid}/oom_score_adj; cat /proc/${pid}/oom_score /proc/${pid}/oom_score_adj`)).toBe(
      '0\n-1000\n',
    );
    expect(type(`echo 1001 > /proc/${pid}/oom_score_adj`)).toBe('-sh: echo: write error: Invalid argument\n');
    type(`echo 1000 > /proc/${pid}/oom_score_adj; echo f > /proc/sysrq-trigger; run 1s`);
    expect(type('dmesg | tail -1')).toMatch(
      new RegExp(`Out of memory: Killed process ${pid} \\(stress\\).*oom_score_adj:1000\n$`),
    );
    expect(type(`ls /proc/${pid}`)).toMatch(/No such file/);
    expect(type('grep oom_kill /proc/vmstat')).toBe('oom_kill 1\n');
  });
});
