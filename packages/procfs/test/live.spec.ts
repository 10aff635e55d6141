import { describe, expect, it } from '@jest/globals';
import {
  Cpumask,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_UNINTERRUPTIBLE,
  busy,
  kernelClone,
  msleep,
  schedSetFifo,
  schedule,
  setCpusAllowedPtr,
  setUserNice,
} from '@kernel-model/scheduler';
import { kthreadCreate, kthreadStop } from '@kernel-model/kthread';
import { forkThreadSignals, signalState } from '@kernel-model/signals';
import { WQ_SYSFS, WQ_UNBOUND, WorkStruct, allocWorkqueue, queueWorkOn } from '@kernel-model/workqueue';
import {
  ENOENT,
  EISDIR,
  kernelStack,
  procTaskName,
  ps,
  psEntries,
  taskSchedstat,
  taskStat,
  wchan,
} from '../src/index.ts';
import { ORACLE } from './oracle.ts';
import { World } from './world.ts';

describe('the files of a machine', () => {
  it('show kernel threads where the real kernel shows them', () => {
    const world = new World();
    world.run(function* () {}, 20);
    const real = new Map(
      ORACLE.map((line) => /^(\S+) wchan=(\S+)/.exec(line)).flatMap((m) => (m === null ? [] : [[m[1]!, m[2]!]])),
    );
    const shared = [...world.s.tasks.values()].filter((p) => real.has(procTaskName(p)));
    expect(shared.map((p) => p.comm)).toContain('kthreadd');
    for (const p of shared) expect([procTaskName(p), wchan(p)]).toEqual([procTaskName(p), real.get(procTaskName(p))]);
    expect(wchan(world.task('kworker/0:0'))).toBe('worker_thread');
  });

  it('tell what a thread waits for', () => {
    const world = new World();
    const { s, k } = world;
    world.run(function* () {
      yield* kthreadCreate(
        k,
        function* neverWoken() {
          return 0;
        },
        null,
        'unborn',
      );
      const idle = yield* world.kthread('idle', function* demoThread() {
        for (;;) {
          s.current.state = TASK_IDLE;
          yield* schedule(s);
        }
      });
      yield* world.kthread('stopper', () => kthreadStop(k, idle));
    }, 20);
    expect(kernelStack(world.task('unborn'))).toEqual(['kthread', 'ret_from_fork', 'ret_from_fork_asm']);
    expect(kernelStack(world.task('idle'))[0]).toBe('demo_thread');
    expect(kernelStack(world.task('stopper')).slice(0, 2)).toEqual(['kthread_stop', 'stopper']);
    expect(world.read(`/proc/${world.task('stopper').pid}/wchan`)).toBe('kthread_stop');
    expect(world.read('/proc/2/stack')).toBe(
      '[<0>] kthreadd+0x2d3/0x2f0\n[<0>] ret_from_fork+0x31/0x50\n[<0>] ret_from_fork_asm+0x1a/0x30\n',
    );
  });

  it('name the work that a worker runs or has run', () => {
    const world = new World();
    const { s, w } = world;
    world.run(function* () {
      const work = new WorkStruct(() => msleep(s, 50), 'slow_fn');
      yield* queueWorkOn(w, 0, w.systemWq, work);
    }, 30);
    const worker = [...s.tasks.values()].find((p) => procTaskName(p).endsWith('+events'))!;
    expect(kernelStack(worker).slice(0, 3)).toEqual(['slow_fn', 'process_one_work', 'worker_thread']);
    world.runTo(200);
    expect(procTaskName(worker)).toMatch(/^kworker\/0:\d-events$/);
    expect(taskStat(worker).state).toBe('I');
  });

  it('show policy, nice value and CPUs', () => {
    const world = new World();
    const { s } = world;
    world.run(function* () {
      const fifo = yield* world.kthread('fifo', function* () {
        yield* msleep(s, 1000);
        return 0;
      });
      schedSetFifo(s, fifo);
      yield* setCpusAllowedPtr(s, fifo, Cpumask.of(1));
      setUserNice(
        s,
        yield* world.kthread('nice', function* () {
          yield* msleep(s, 1000);
          return 0;
        }),
        7,
      );
    }, 20);
    const { pid } = world.task('fifo');
    expect(taskStat(world.task('fifo'))).toMatchObject({
      priority: -51,
      rtPriority: 50,
      policy: 1,
      state: 'D',
      ppid: 2,
      wchan: 1,
    });
    expect(world.read(`/proc/${pid}/status`)).toContain('Cpus_allowed:\t2\nCpus_allowed_list:\t1\n');
    expect(world.read(`/proc/${pid}/sched`)).not.toContain('se.slice');
    expect(psEntries(s).find((e) => e.comm === 'nice')).toMatchObject({ stat: 'DN', nice: 7, cls: 'TS', priority: 27 });
  });

  it('count runtime, waiting time and time slices', () => {
    const world = new World(1);
    const { s } = world;
    world.run(function* () {
      for (const name of ['a', 'b'])
        yield* world.kthread(name, function* () {
          yield* msleep(s, 8);
          yield* busy(s, 20_000);
          yield* msleep(s, 1000);
          return 0;
        });
    }, 70);
    const { runtimeNs, timeslices } = taskSchedstat(world.task('b'));
    expect(runtimeNs).toBeGreaterThan(20e6);
    // both were woken by one tick, and one of them had to wait
    expect(['a', 'b'].some((name) => taskSchedstat(world.task(name)).runDelayNs > 5e6)).toBe(true);
    expect(timeslices).toBeGreaterThanOrEqual(1);
    expect(taskStat(world.task('b')).stime).toBe(Math.floor(runtimeNs / 1e7));
    expect(world.read('/proc/schedstat')).toMatch(/^version 16\ntimestamp 42948\d+\ncpu0 0 0 0 0 0 0 \d+ \d+ \d+\n$/);
  });

  it('give user time to a thread that no tick hit', () => {
    const world = new World(1);
    const { s } = world;
    world.run(function* () {
      yield* world.kthread('short', function* () {
        for (let i = 0; i < 12; i++) {
          yield* busy(s, 1000);
          yield* msleep(s, 4);
        }
        s.current.state = TASK_INTERRUPTIBLE;
        yield* schedule(s);
        return 0;
      });
    }, 500);
    const p = world.task('short');
    expect(p.stimeTicks).toBe(0);
    expect(taskStat(p)).toMatchObject({ utime: 1, stime: 0 });
  });

  it('average the load, to which uninterruptible sleepers count and idle ones do not', () => {
    const world = new World();
    const { s } = world;
    world.run(function* () {
      for (const [name, state] of [
        ['d1', TASK_UNINTERRUPTIBLE],
        ['d2', TASK_UNINTERRUPTIBLE],
        ['i', TASK_IDLE],
      ] as const) {
        yield* world.kthread(name, function* () {
          s.current.state = state;
          yield* schedule(s);
          return 0;
        });
      }
    }, 60_000);
    // d1, d2, and main in msleep()
    expect(world.read('/proc/loadavg')).toMatch(/^1\.80 0\.51 0\.17 0\/\d+ \d+\n$/);
  });

  it('count idle time, softirqs and interrupts', () => {
    const world = new World();
    world.run(function* () {
      yield* msleep(world.s, 500);
    }, 1000);
    expect(world.read('/proc/uptime')).toMatch(/^1\.00 1\.9\d\n$/);
    expect(world.read('/proc/stat')).toMatch(/^cpu {2}0 0 \d 19\d 0 0 0 0 0 0\ncpu0 0 0 \d 9\d 0/);
    expect(world.read('/proc/softirqs')).toMatch(/TIMER: +[1-9]/);
    expect(world.read('/proc/interrupts')).toMatch(/^ +CPU0 +CPU1 +\nNMI: +0 +0 +Non-maskable interrupts\nLOC: +[1-9]/);
  });

  it('have workqueues that want to be seen', () => {
    const world = new World();
    world.run(function* () {
      yield* allocWorkqueue(world.w, 'writeback', WQ_UNBOUND | WQ_SYSFS, 0);
      yield* world.files.write('/sys/devices/virtual/workqueue/writeback/max_active', '16\n');
      yield* world.files.write('/sys/bus/workqueue/devices/writeback/nice', '-5\n');
    }, 20);
    const { files } = world;
    expect(files.list('/sys/devices/virtual/workqueue')).toEqual([
      'cpumask',
      'cpumask_isolated',
      'cpumask_requested',
      'writeback',
    ]);
    const dir = '/sys/devices/virtual/workqueue/writeback';
    expect(files.list(dir)).toEqual(['affinity_scope', 'affinity_strict', 'cpumask', 'max_active', 'nice', 'per_cpu']);
    expect(
      ['affinity_scope', 'affinity_strict', 'cpumask', 'max_active', 'nice', 'per_cpu'].map((f) =>
        files.read(`${dir}/${f}`),
      ),
    ).toEqual(['default (cache)\n', '0\n', '3\n', '16\n', '-5\n', '0\n']);
    const parameters = '/sys/module/workqueue/parameters';
    expect(
      ['cpu_intensive_thresh_us', 'default_affinity_scope', 'panic_on_stall', 'watchdog_thresh'].map((f) =>
        files.read(`${parameters}/${f}`),
      ),
    ).toEqual(['10000\n', 'cache\n', '0\n', '30\n']);
    expect([files.read('/proc/2/cgroup'), files.read('/proc/2/io')]).toEqual([
      '0::/\n',
      expect.stringMatching(/^rchar: 0\n(?:\w+: 0\n){5}cancelled_write_bytes: 0\n$/),
    ]);
  });

  it('show the threads of a process in its directory, and each in ps -L', () => {
    const world = new World();
    const { s, files } = world;
    world.run(function* () {
      const main = s.current;
      yield* kernelClone(s, {
        name: 'main',
        kthread: false,
        fn: () => msleep(s, 1_000_000),
        prepare: (p) => (forkThreadSignals(p, main), 0),
      });
    }, 20);
    const [leader, thread] = signalState(world.task('main')).group.threads.map((p) => p.pid) as [number, number];
    const pids = files.list('/proc') as string[];
    expect([pids.includes(String(leader)), pids.includes(String(thread))]).toEqual([true, false]);
    expect(files.list(`/proc/${leader}/task`)).toEqual([String(leader), String(thread)]);
    expect(files.read(`/proc/${leader}/task/${thread}/status`)).toMatch(
      new RegExp(`^Tgid:\\t${leader}$[^]*^Pid:\\t${thread}$[^]*^Threads:\\t2$`, 'm'),
    );
    expect(files.read(`/proc/${thread}/comm`)).toBe('main\n');
    expect(files.read(`/proc/2/task/${thread}/comm`)).toBe(-ENOENT);
    expect(
      ps(files, ['-p', String(leader), '-o', 'pid=,nlwp=,stat='])
        .out.trim()
        .split(/ +/),
    ).toEqual([String(leader), '2', expect.stringMatching(/l$/)]);
    expect(
      ps(files, ['-L', '-p', String(leader), '-o', 'lwp='])
        .out.split('\n')
        .map(Number),
    ).toEqual([leader, thread, 0]);
  });

  it('are missing where Linux has none, and are not directories', () => {
    const world = new World();
    world.run(function* () {}, 20);
    const { files } = world;
    expect([files.read('/proc/99/stat'), files.read('/proc/2/nonsense'), files.read('/proc/2')]).toEqual([
      -ENOENT,
      -ENOENT,
      -EISDIR,
    ]);
    expect(files.read('/proc//2/../2/comm')).toBe('kthreadd\n');
    expect(files.read('/proc/2/cmdline')).toBe('');
    expect(files.list('/proc/2/comm')).toBe(-20);
    expect(ps(files, ['-p', '99'])).toMatchObject({ status: 1, err: '' });
    expect(ps(files, ['--ppid', '2', '-o', 'ppid=']).out).toMatch(/^( {4}2\n)+$/);
  });
});
