import { describe, expect, it } from '@jest/globals';
import { Zone } from '@kernel-model/mm';
import {
  SCHED_FEATURES,
  formatSchedDebugTask,
  formatSoftirqs,
  formatStack,
  formatTaskSched,
  formatTaskStat,
  formatTaskStatus,
  formatZone,
  softirqs,
  type SchedDebugTask,
  type TaskSched,
  type TaskStat,
  type TaskStatus,
} from '../src/index.ts';
import { ORACLE, block, shape } from './oracle.ts';
import { World } from './world.ts';

const STAT = /^(\d+) \((.*)\) ([A-Z]) (.*)$/;
/** Lines of /proc/PID/stat of kernel threads: they have no memory. */
const kthreadStats = ORACLE.filter((line) => STAT.test(line) && / 0 0 18446744073709551615 0 /.test(line));

function parseStat(line: string): TaskStat {
  const [, pid, comm, state, rest] = STAT.exec(line)! as unknown as [string, string, string, string, string];
  const f = rest.split(' ').map(Number);
  // field n of proc(5) is f[n - 4]
  const field = (n: number): number => f[n - 4]!;
  return {
    pid: Number(pid),
    comm,
    state,
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    flags: field(9),
    utime: field(14),
    stime: field(15),
    priority: field(18),
    nice: field(19),
    numThreads: field(20),
    startTime: field(22),
    vsize: field(23),
    rss: field(24),
    signal: field(31),
    blocked: field(32),
    sigignore: field(33),
    sigcatch: field(34),
    wchan: field(35),
    exitSignal: field(38),
    processor: field(39),
    rtPriority: field(40),
    policy: field(41),
    exitCode: field(52),
  };
}

describe('the format of /proc/PID/stat', () => {
  it.each(kthreadStats)('is that of %s', (line) => {
    expect(formatTaskStat(parseStat(line))).toBe(`${line}\n`);
  });

  it('was seen on all kernel threads of a machine', () => {
    expect(kthreadStats.length).toBeGreaterThan(55);
  });
});

describe('the format of /proc/PID/status', () => {
  it("is that of kthreadd's", () => {
    const lines = block(/^Name:\tkthreadd/, /^kthreadd \(2/);
    const values = new Map(lines.map((line) => line.split(':\t', 2) as [string, string]));
    const text = (name: string): string => values.get(name)!;
    const status: TaskStatus = {
      name: text('Name'),
      state: text('State'),
      tgid: Number(text('Tgid')),
      pid: Number(text('Pid')),
      ppid: Number(text('PPid')),
      uid: Number(text('Uid').split('\t')[0]),
      pgid: Number(text('NSpgid')),
      sid: Number(text('NSsid')),
      kthread: text('Kthread') === '1',
      memory: null,
      threads: Number(text('Threads')),
      queuedSignals: Number(text('SigQ').split('/')[0]),
      maxQueuedSignals: Number(text('SigQ').split('/')[1]),
      sigPnd: text('SigPnd'),
      shdPnd: text('ShdPnd'),
      sigBlk: text('SigBlk'),
      sigIgn: text('SigIgn'),
      sigCgt: text('SigCgt'),
      cpusAllowed: text('Cpus_allowed'),
      cpusAllowedList: text('Cpus_allowed_list'),
      voluntarySwitches: Number(text('voluntary_ctxt_switches')),
      nonvoluntarySwitches: Number(text('nonvoluntary_ctxt_switches')),
    };
    expect(formatTaskStatus(status)).toBe(`${lines.join('\n')}\n`);
  });
});

describe('the format of /proc/PID/sched', () => {
  it("is that of kthreadd's", () => {
    const lines = block(/^kthreadd \(2, #threads/, /^\[<0>\]/);
    const values = new Map(lines.map((line) => line.split(/ +: +/) as [string, string]));
    const count = (name: string): number => Number(values.get(name));
    const time = (name: string): number => Number(values.get(name)!.replace('.', ''));
    const sched: TaskSched = {
      comm: 'kthreadd',
      pid: 2,
      threads: 1,
      execStart: time('se.exec_start'),
      vruntime: time('se.vruntime'),
      sumExecRuntime: time('se.sum_exec_runtime'),
      nrMigrations: count('se.nr_migrations'),
      statistics: null,
      nrSwitches: count('nr_switches'),
      nrVoluntarySwitches: count('nr_voluntary_switches'),
      nrInvoluntarySwitches: count('nr_involuntary_switches'),
      loadWeight: count('se.load.weight'),
      loadSum: count('se.avg.load_sum'),
      runnableSum: count('se.avg.runnable_sum'),
      utilSum: count('se.avg.util_sum'),
      loadAvg: count('se.avg.load_avg'),
      runnableAvg: count('se.avg.runnable_avg'),
      utilAvg: count('se.avg.util_avg'),
      lastUpdateTime: count('se.avg.last_update_time'),
      utilEst: count('se.avg.util_est'),
      policy: count('policy'),
      prio: count('prio'),
      dl: null,
      slice: count('se.slice'),
      clockDelta: count('clock-delta'),
    };
    expect(formatTaskSched(sched)).toBe(`${lines.join('\n')}\n`);
  });
});

/** Name, wchan and stack of a kernel thread, as the recording has them in one line. */
const STACK = /^(\S+) wchan=(\S+) cls=\d stack: (.*) $/;
const stacks = ORACLE.filter((line) => STACK.test(line) && line.includes('ret_from_fork_asm'));

describe('the format of /proc/PID/stack', () => {
  it.each(stacks)('is that of %s', (line) => {
    const [, , wchan, stack] = STACK.exec(line)! as unknown as [string, string, string, string];
    const functions = [...stack.matchAll(/\] (\w+)\+/g)].map((m) => m[1]!);
    expect(functions[0]).toBe(wchan);
    expect(formatStack(functions)).toBe(`${stack.replaceAll(' [<0>]', '\n[<0>]')}\n`);
  });
});

describe('the format of /proc/softirqs', () => {
  it('is that of a real machine', () => {
    const lines = block(/^ +CPU0 +CPU1/, /^name:/);
    const rows = lines.slice(1).map((line) => {
      const [name, ...counts] = line.trim().split(/:? +/);
      return { name: name!, counts: counts.map(Number) };
    });
    expect(formatSoftirqs(rows, 2)).toBe(`${lines.join('\n')}\n`);
    expect(softirqs(new World().s).map((row) => row.name)).toEqual(rows.map((row) => row.name));
  });
});

describe('the format of /proc/zoneinfo', () => {
  it('is that of a real zone', () => {
    const lines = block(/^Node 0, zone +DMA$/, /^ +CPU0/);
    const value = (name: string): number => Number(new RegExp(`^.* ${name} +(\\d+)$`, 'm').exec(lines.join('\n'))![1]);
    const zone = new Zone('DMA', 0, value('managed'));
    zone.freePages = value('free');
    zone.watermark.splice(0, 4, value('min'), value('low'), value('high'), value('promo'));
    zone.lowmemReserve.splice(0, 4, 0, 944, 944, 944);
    const counters = new Map(
      lines.filter((line) => /^ {6}\w/.test(line)).map((line) => [line.trim().split(/ +/)[0]!, 0]),
    );
    for (const line of lines) {
      const [name, n] = line.trim().split(/ +/);
      if (counters.has(name!)) counters.set(name!, Number(n));
    }
    const ours = formatZone(zone, counters).split('\n').slice(0, lines.length);
    // what the kernel itself occupies is not modelled: the zone spans what it manages
    const real = lines.map((line) => line.replace(/(spanned|present)( +)\d+/, `$1$2${zone.managed}`));
    expect(ours).toEqual(real);
  });
});

describe('the format of debugfs sched/debug', () => {
  const ROW =
    /^([> ])(\w) +(\S+) +(\d+) +(-?[\d.]+) +([EN]) +(-?[\d.]+) ([S ]) +([\d.]+) +([\d.]+) +(\d+) +(\d+) +0\.000000/;
  const rows = ORACLE.filter((line) => ROW.test(line));

  it.each(rows)('is that of %s', (line) => {
    const m = ROW.exec(line)! as unknown as string[];
    const ns = (text: string): number => Math.round(Number(text) * 1e6);
    const task: SchedDebugTask = {
      current: m[1] === '>',
      state: m[2]!,
      comm: m[3]!,
      pid: Number(m[4]),
      vruntime: ns(m[5]!),
      eligible: m[6] === 'E',
      deadline: ns(m[7]!),
      customSlice: m[8] === 'S',
      slice: ns(m[9]!),
      sumExecRuntime: ns(m[10]!),
      switches: Number(m[11]),
      prio: Number(m[12]),
      waitSum: 0,
      sumSleepRuntime: 0,
      sumBlockRuntime: 0,
    };
    expect(formatSchedDebugTask(task)).toBe(line);
  });

  it('has the same lines around the tasks', () => {
    const world = new World();
    world.run(function* () {}, 20);
    const ours = world.read('/sys/kernel/debug/sched/debug').split('\n');
    const frame = (lines: readonly string[]): string[] => shape(lines.filter((line) => !ROW.test(line)));
    const real = ORACLE.slice(ORACLE.findIndex((line) => line.startsWith('Sched Debug Version')));
    const end = real.findIndex((line) => line.startsWith('PLACE_LAG'));
    expect(frame(ours.slice(0, -1))).toEqual(frame(real.slice(0, end)));
  });

  it('lists the features of the real kernel', () => {
    expect(ORACLE).toContain(`${SCHED_FEATURES.join(' ')} `);
    expect(new World().read('/sys/kernel/debug/sched/debug')).toContain(
      'sysctl_sched_features                   : 199608287\n',
    );
  });

  it('shows slice and preemption model as the real kernel does', () => {
    const world = new World();
    const at = ORACLE.findIndex((line) => line.startsWith('PLACE_LAG'));
    expect(world.read('/sys/kernel/debug/sched/base_slice_ns')).toBe(`${ORACLE[at + 1]}\n`);
    expect(world.read('/sys/kernel/debug/sched/preempt')).toBe(`${ORACLE[at + 2]}\n`);
  });
});
