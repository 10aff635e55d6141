import { describe, expect, it } from '@jest/globals';
import { formatPs, parsePsArguments, type PsEntry } from '../src/index.ts';

const NO_SIGNALS = '0000000000000000';

function entry(changes: Partial<PsEntry> & { readonly pid: number; readonly comm: string }): PsEntry {
  return {
    tgid: changes.pid,
    ppid: changes.pid === 2 ? 0 : 2,
    uid: 0,
    command: `[${changes.comm}]`,
    kthread: true,
    stat: 'S',
    cls: 'TS',
    policy: 0,
    rtprio: 0,
    priority: 20,
    nice: 0,
    psr: 0,
    wchan: 'kthreadd',
    nlwp: 1,
    timeTicks: 0,
    startTicks: 0,
    flags: 0x208040,
    vsz: 0,
    rss: 0,
    pending: NO_SIGNALS,
    blocked: NO_SIGNALS,
    ...changes,
  };
}

/** 18:52 on some day. */
const CLOCK = { bootTimeS: (365 * 24 + 18) * 3600 + 52 * 60, uptimeS: 600 };
const KTHREADD = entry({ pid: 2, comm: 'kthreadd' });
const RCU_GP = entry({ pid: 4, comm: 'kworker/R-rcu_gp', stat: 'I<', nice: -20, priority: 0, wchan: 'rescuer_thread' });
const MIGRATION = entry({
  pid: 18,
  comm: 'migration/0',
  cls: 'FF',
  rtprio: 99,
  priority: -100,
  wchan: 'smpboot_thread_fn',
});
const KSMD = entry({ pid: 37, comm: 'ksmd', stat: 'SN', nice: 5, priority: 25, psr: 1, wchan: 'ksm_scan_thread' });

/** What ps prints with these options. */
function printed(args: string, entries: readonly PsEntry[]): string[] {
  const request = parsePsArguments(args.split(' '));
  if (typeof request === 'string') throw new Error(request);
  return formatPs(entries, request.columns, CLOCK).split('\n').slice(0, -1);
}

describe('ps', () => {
  it('prints -eLo with classes and priorities as procps 4.0.2', () => {
    expect(printed('-eLo pid,cls,rtprio,pri,ni,psr,stat,wchan,comm', [KTHREADD, RCU_GP, MIGRATION, KSMD])).toEqual([
      '  PID CLS RTPRIO PRI  NI PSR STAT WCHAN  COMMAND',
      '    2  TS      -  19   0   0 S    kthrea kthreadd',
      '    4  TS      -  39 -20   0 I<   rescue kworker/R-rcu_gp',
      '   18  FF     99 139   -   0 S    smpboo migration/0',
      '   37  TS      -  14   5   1 SN   ksm_sc ksmd',
    ]);
  });

  it('prints -ef as procps 4.0.2', () => {
    expect(printed('-ef', [KTHREADD])).toEqual([
      'UID        PID  PPID  C STIME TTY          TIME CMD',
      'root         2     0  0 18:52 ?        00:00:00 [kthreadd]',
    ]);
  });

  it('prints aux as procps 4.0.2', () => {
    expect(printed('aux', [RCU_GP])).toEqual([
      'USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND',
      'root         4  0.0  0.0      0     0 ?        I<   18:52   0:00 [kworker/R-rcu_gp]',
    ]);
  });

  it('prints columns in the order in which they are asked for', () => {
    const columns = ['pid', 'ppid', 'comm'];
    const worker = entry({ pid: 12, comm: 'kworker/u8:0-events_unbound' });
    expect(formatPs([worker], columns, CLOCK)).toBe('  PID  PPID COMMAND\n   12     2 kworker/u8:0-events_unbound\n');
    expect(formatPs([KTHREADD], ['pid', 'ppid', 'command'], CLOCK)).toBe(
      '  PID  PPID COMMAND\n    2     0 [kthreadd]\n',
    );
  });

  it('shows share of memory, cut to a tenth of a per cent', () => {
    const gib = { ...CLOCK, memoryKiB: 1_048_576 };
    const row = (rss: number): string => formatPs([entry({ pid: 9, comm: 'hungry', rss })], ['pmem', 'rss'], gib);
    expect(row(262_144).split('\n')[1]).toBe('25.0 262144');
    expect(row(156).split('\n')[1]).toBe(' 0.0   156');
  });

  it('shows share of CPU, time and age', () => {
    const busy = entry({ pid: 9, comm: 'busy', startTicks: 10_000, timeTicks: 25_000 });
    expect(formatPs([busy], ['c', 'pcpu', 'time', 'bsdtime', 'etime', 'start', 'lstart'], CLOCK).split('\n')[1]).toBe(
      '50 50.0 00:04:10   4:10       08:20 18:53:40 Fri Jan  1 18:53:40 1971',
    );
  });

  it.each([
    ['-L', '  PID   LWP TTY          TIME CMD'],
    ['-l', 'F S   UID   PID  PPID  C PRI  NI ADDR SZ WCHAN  TTY          TIME CMD'],
    ['-F', 'UID        PID  PPID  C    SZ   RSS PSR STIME TTY          TIME CMD'],
    ['-eLf', 'UID        PID  PPID   LWP  C NLWP STIME TTY          TIME CMD'],
    ['-j', '  PID  PGID   SID TTY          TIME CMD'],
    ['ax', '  PID TTY      STAT   TIME COMMAND'],
    ['-aux', 'USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND'],
  ])('has its header for %s', (args, header) => {
    expect(printed(args, [])[0]).toBe(header);
  });

  it.each([
    ['-eo pid,nonsense', 'unknown user-defined format specifier "nonsense"'],
    ['-p x', 'process ID list syntax error'],
    ['--nonsense', 'unknown gnu long option'],
    ['-eo', 'format specification must follow -o'],
    ['-Z', 'unsupported SysV option'],
  ])('refuses %s', (args, message) => {
    expect(parsePsArguments(args.split(' '))).toBe(message);
  });

  it('leaves the header out if all are empty', () => {
    const request = parsePsArguments(['-eo', 'pid=,comm=']);
    expect(typeof request === 'string' || request.header).toBe(false);
  });
});
