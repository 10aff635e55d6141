import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  Cpumask,
  EAGAIN,
  EINTR,
  ENOMEM,
  PF_KTHREAD,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  TASK_INTERRUPTIBLE,
  TASK_PARKED,
  TASK_UNINTERRUPTIBLE,
  TIF_NOTIFY_SIGNAL,
  TIF_SIGPENDING,
  completeNow,
  doExit,
  schedSetschedulerNocheck,
  setCpusAllowedCommon,
  setTaskComm,
  setUserNice,
  taskNice,
  wakeUpState,
  type Completion,
  type Task,
} from '@kernel-model/scheduler';
import {
  KthreadCreateInfo,
  getKthreadComm,
  kernelThread,
  kthreadData,
  kthreadFunc,
  kthreadProbeData,
  kthreadRunOnCpu,
  toKthread,
} from '@kernel-model/kthread';
import { SIGUSR1, SIG_IGN, signalState } from '@kernel-model/signals';
import '../../src/jest.ts';
import { trace, world, type World } from '../../src/index.ts';

const SIGKILL = 9;

function* nothing(): Generator<0 | 1, number, void> {
  return 0;
}

/** A world in which kthreadd cannot run before `free`: it stands behind a FIFO hog on CPU 1. */
function withBusyKthreadd(): { w: World; free: () => void } {
  const w = world({ cpus: 2 });
  let busy = true;
  setCpusAllowedCommon(w.kthreads.kthreadd!, Cpumask.of(1));
  const hog = w.create('hog', function* (k) {
    while (busy) yield* k.busy(100);
  });
  setCpusAllowedCommon(hog, Cpumask.of(1));
  schedSetschedulerNocheck(w.s, hog, SCHED_FIFO, 50);
  w.runUntilIdle();
  w.wake(hog);
  w.runFor(1);
  w.clear();
  return { w, free: () => (busy = false) };
}

describe('kthread_create', () => {
  // what each exchange of create.done got, by request, in every test below: whoever gets it decides, and frees the rest
  const taken = new Map<KthreadCreateInfo, (Completion | null)[]>();
  beforeEach(() => {
    taken.clear();
    const { take } = KthreadCreateInfo.prototype;
    jest.spyOn(KthreadCreateInfo.prototype, 'take').mockImplementation(function (this: KthreadCreateInfo) {
      const got = take.call(this);
      taken.set(this, [...(taken.get(this) ?? []), got]);
      return got;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    // INV-K03: at most two, the creator's and the thread's or kthreadd's, and the first alone gets it
    for (const got of taken.values()) {
      expect(got.length).toBeLessThanOrEqual(2);
      expect(got.map((done) => done !== null)).toEqual([true, false].slice(0, got.length));
    }
  });

  test('asks kthreadd, and returns a thread that sleeps in TASK_UNINTERRUPTIBLE', () => {
    const w = world({ cpus: 1 });
    const p = w.create('D', nothing);
    expect(w).toHaveTrace(trace`
      waking kthreadd
      switch init D -> kthreadd
      fork kthreadd -> D
      wakeup_new D on 0
      switch kthreadd S -> D
      waking init
      switch D D -> init
    `);
    expect([p.state, p.flags, p.policy]).toEqual([TASK_UNINTERRUPTIBLE, 0x208040, SCHED_NORMAL]);
    expect(p.parent).toBe(w.kthreads.kthreadd);
    expect(p.cpusMask.equals(w.s.possibleMask)).toBe(true);
    expect(w).not.toHaveTrace('exit D');
  });

  test('returns -ENOMEM without a request, and wakes nobody, when the request cannot be allocated (CC-K02)', () => {
    const w = world();
    w.kthreads.failAlloc = (what) => what === 'kthread_create_info';
    let result: Task | number = 0;
    w.process('C', function* (k) {
      result = yield* k.kthreadCreate(nothing, null, 'D');
    });
    w.runUntilIdle();
    expect(result).toBe(-ENOMEM);
    expect(w.kthreads.createList).toEqual([]);
    expect(w).not.toHaveTrace('waking kthreadd');
  });

  test('returns -ENOMEM without a request when the name cannot be formatted (CC-K03)', () => {
    const w = world();
    w.kthreads.failAlloc = (what) => what === 'full_name';
    let result: Task | number = 0;
    w.process('C', function* (k) {
      result = yield* k.kthreadCreate(nothing, null, 'D');
    });
    w.runUntilIdle();
    expect(result).toBe(-ENOMEM);
    expect(w.kthreads.createList).toEqual([]);
    expect(w).not.toHaveTrace('waking kthreadd');
  });

  test('returns -EAGAIN at the limit of threads (CC-K04)', () => {
    const afterBoot = world({ cpus: 1 }).s.tasks.size;
    const w = world({ cpus: 1, maxThreads: afterBoot + 2 });
    const results: (Task | number)[] = [];
    w.process('C', function* (k) {
      for (let i = 0; i < 2; i++) results.push(yield* k.kthreadCreate(nothing, null, `D${i}`));
    });
    w.runUntilIdle();
    expect(results).toEqual([expect.anything(), -EAGAIN]);
  });

  test('returns -EAGAIN when struct kthread cannot be allocated (CC-K04)', () => {
    const w = world();
    w.kthreads.failAlloc = (what) => what === 'kthread';
    let result: Task | number = 0;
    w.process('C', function* (k) {
      result = yield* k.kthreadCreate(nothing, null, 'D');
    });
    w.runUntilIdle();
    expect(result).toBe(-EAGAIN);
    expect(w).not.toHaveTrace('fork kthreadd -> D');
  });

  test('returns -EINTR at once to a killed creator, and the thread, forked all the same, exits without running its function (CC-K05)', () => {
    const { w, free } = withBusyKthreadd();
    let result: Task | number = 0;
    let ran = false;
    let info: KthreadCreateInfo | undefined;
    const results: (number | undefined)[] = [];
    const { exitTask } = w.s.hooks;
    w.s.connect({
      exitTask(p) {
        results.push(toKthread(p)?.result);
        exitTask(p);
      },
    });
    w.process('C', function* (k) {
      yield* k.sendSig(SIGKILL, k.current, 1);
      result = yield* k.kthreadCreate(
        function* () {
          ran = true;
          return 0;
        },
        null,
        'D',
      );
      info = w.kthreads.createList[0];
    });
    w.runFor(1);
    expect(result).toBe(-EINTR);
    expect(w.kthreads.createList).toEqual([info]);
    expect(info!.done).toBeNull();
    free();
    w.runUntilIdle();
    expect(w).toHaveTrace(trace`
      exit C
      fork kthreadd -> D
      exit D
    `);
    expect([ran, results.at(-1)]).toEqual([false, -EINTR]);
    expect(taken.get(info!)).toHaveLength(2);
  });

  test('returns the thread to a killed creator who finds it complete (CC-K06)', () => {
    const w = world({ cpus: 1 });
    // kthreadd, and the thread that inherits its policy, go before the creator
    schedSetschedulerNocheck(w.s, w.kthreads.kthreadd!, SCHED_FIFO, 50);
    let result: Task | number = 0;
    w.process('C', function* (k) {
      schedSetschedulerNocheck(w.s, k.current, SCHED_IDLE, 0);
      yield* k.sendSig(SIGKILL, k.current, 1);
      result = yield* k.kthreadCreate(nothing, null, 'D');
    });
    w.runUntilIdle();
    expect(w).toHaveTrace(trace`
      signal 9 -> C res=0
      switch C R+ -> kthreadd
      switch D D -> C
      exit C
    `);
    expect(result).toMatchObject({ comm: 'D', state: TASK_UNINTERRUPTIBLE });
  });

  test('waits uninterruptibly, and returns the thread, when a creator is killed after the thread took the request (CC-K07)', () => {
    const { w } = withBusyKthreadd();
    let result: Task | number = 0;
    const c = w.process('C', function* (k) {
      result = yield* k.kthreadCreate(nothing, null, 'D');
    });
    w.runFor(1);
    const create = w.kthreads.createList.shift()!;
    const done = create.take()!;
    w.process('killer', (k) => k.sendSig(SIGKILL, c, 1));
    w.runFor(1);
    expect([result, c.state]).toEqual([0, TASK_UNINTERRUPTIBLE]);
    create.result = c;
    w.interrupt(() => completeNow(w.s, done));
    w.runFor(1);
    expect(result).toBe(c);
  });

  test('leaves the request of a killed creator in its place in the queue, to be forked (CC-K08)', () => {
    const { w, free } = withBusyKthreadd();
    const results = new Map<string, Task | number>();
    const create = (name: string): Task =>
      w.process(`C${name}`, function* (k) {
        results.set(name, yield* k.kthreadCreate(nothing, null, name));
      });
    create('A');
    const b = create('B');
    w.runFor(10);
    create('C');
    w.runFor(10);
    w.process('killer', (k) => k.sendSig(SIGKILL, b, 1));
    w.runFor(1);
    expect(results).toEqual(new Map([['B', -EINTR]]));
    expect(w.kthreads.createList.map((c) => c.fullName)).toEqual(['A', 'B', 'C']);
    free();
    w.runUntilIdle();
    expect(w).toHaveTrace(trace`
      fork kthreadd -> A
      fork kthreadd -> B
      fork kthreadd -> C
    `);
    expect(results.get('C')).toMatchObject({ comm: 'C', state: TASK_UNINTERRUPTIBLE });
    expect(w.traceOf('B')).toContain('[1] exit B');
  });

  test('completes nothing when the fork fails after the creator gave up (CC-K09)', () => {
    const { w, free } = withBusyKthreadd();
    w.kthreads.failAlloc = (what) => what === 'kthread';
    const c = w.process('C', function* (k) {
      yield* k.kthreadCreate(nothing, null, 'D');
    });
    w.runFor(1);
    const done: Completion = w.kthreads.createList[0]!.done!;
    w.process('killer', (k) => k.sendSig(SIGKILL, c, 1));
    w.runFor(1);
    free();
    w.runUntilIdle();
    expect([done.done, w.kthreads.createList.length]).toEqual([0, 0]);
    expect(w).not.toHaveTrace('fork kthreadd -> D');
  });

  test.each([
    ['a signal that does not kill', TIF_SIGPENDING],
    ['TIF_NOTIFY_SIGNAL', TIF_NOTIFY_SIGNAL],
  ])('waits on through %s (CC-K10)', (_, tif) => {
    const { w, free } = withBusyKthreadd();
    let result: Task | number = 0;
    const c = w.process('C', function* (k) {
      result = yield* k.kthreadCreate(nothing, null, 'D');
    });
    w.runFor(1);
    w.interrupt(() => {
      c.tif |= tif;
      // as signal_wake_up() does
      wakeUpState(w.s, c, TASK_INTERRUPTIBLE);
    });
    w.runFor(1);
    expect(result).toBe(0);
    free();
    w.runUntilIdle();
    expect(result).toMatchObject({ comm: 'D' });
  });

  test('lets the function run at once if somebody wakes the thread between its answer and its sleep (CC-K11)', () => {
    const w = world({ cpus: 1 });
    const ran: string[] = [];
    const create = new KthreadCreateInfo(
      'D',
      function* () {
        ran.push('D');
        return 0;
      },
      null,
    );
    // the wakeup comes from an interrupt that hits the very instant of complete()
    const done = create.done!;
    let tokens = 0;
    Object.defineProperty(done, 'done', {
      get: () => tokens,
      set: (n: number) => {
        tokens = n;
        w.s.cpus[0]!.interruptNow(() =>
          expect(wakeUpState(w.s, create.result as Task, TASK_UNINTERRUPTIBLE)).toBe(true),
        );
      },
    });
    w.kthreads.createList.push(create);
    w.wake(w.kthreads.kthreadd!);
    w.runUntilIdle();
    expect(ran).toEqual(['D']);
    expect(w).not.toHaveTrace('switch D D -> idle');
  });

  test('starts the function at the first wakeup that matches, whoever sends it (CC-K12, INV-K05)', () => {
    const w = world();
    let ran = 0;
    const p = w.create('D', function* () {
      ran++;
    });
    w.interrupt(() => {
      expect(wakeUpState(w.s, p, TASK_INTERRUPTIBLE)).toBe(false);
      expect(wakeUpState(w.s, p, TASK_PARKED)).toBe(false);
    });
    w.runFor(5);
    expect(ran).toBe(0);
    w.wake(p);
    w.runUntilIdle();
    expect(ran).toBe(1);
    expect(w.exited(p)).toBe(true);
  });

  test('keeps 15 bytes of the name as comm, and all of it for those who ask the thread (CC-K13)', () => {
    const w = world();
    const p = w.create('a_rather_long_kthread_name_77', nothing);
    expect([p.comm, getKthreadComm(p)]).toEqual(['a_rather_long_k', 'a_rather_long_kthread_name_77']);
  });

  test('shows the name of its creation after set_task_comm() (CC-K14)', () => {
    const w = world();
    const p = w.create('short', nothing);
    setTaskComm(w.s, p, 'other');
    expect([p.comm, getKthreadComm(p)]).toEqual(['other', 'short']);
  });

  test('takes the policy back to SCHED_NORMAL, and keeps the nice value of kthreadd (CC-K15, CC-SCHED-60)', () => {
    const w = world();
    const { kthreadd } = w.kthreads;
    setUserNice(w.s, kthreadd!, 7);
    schedSetschedulerNocheck(w.s, kthreadd!, SCHED_FIFO, 20);
    const p = w.create('D', nothing);
    expect([p.policy, p.rtPriority, taskNice(p)]).toEqual([SCHED_NORMAL, 0, 7]);
  });

  test('forks in the order of the requests (CC-K17, INV-K02)', () => {
    const { w, free } = withBusyKthreadd();
    for (const name of ['A', 'B', 'C']) {
      w.process(`C${name}`, function* (k) {
        yield* k.kthreadCreate(nothing, null, name);
      });
      w.runFor(1);
    }
    free();
    w.runUntilIdle();
    const forks = w.trace.filter((line) => line.includes('fork kthreadd')).map((line) => line.slice(4));
    expect(forks).toEqual(['fork kthreadd -> A', 'fork kthreadd -> B', 'fork kthreadd -> C']);
  });

  test('knows function and data from the first run on, and never for kthreadd', () => {
    const w = world();
    const p = w.create('D', nothing);
    expect(kthreadFunc(p)).toBeInstanceOf(Function);
    expect(kthreadFunc(w.kthreads.kthreadd!)).toBeNull();
    expect([kthreadData(w.kthreads, p), kthreadData(w.kthreads, w.kthreads.kthreadd!)]).toEqual([null, null]);
    expect(kthreadProbeData(w.machine.init)).toBeNull();
    expect(() => kthreadData(w.kthreads, w.machine.init)).toThrow(expect.objectContaining({ code: 'NOT_A_KTHREAD' }));
    expect(toKthread(w.machine.init)).toBeNull();
    expect([kthreadFunc(w.machine.init), getKthreadComm(w.machine.init)]).toEqual([null, w.machine.init.comm]);
    expect(w.machine.init.flags & PF_KTHREAD).toBe(0);
  });
});

describe('kernel_thread', () => {
  test('hands down the signals of its caller; kthreadd, which ignores all of them, hands down that', () => {
    const w = world({ invariants: false }); // which know of no other parent than kthreadd
    const handlers: unknown[] = [];
    w.kthread('D', function* (k) {
      yield* k.allowSignal(SIGUSR1);
      const p = yield* kernelThread(w.kthreads, () => doExit(w.s, 0), 'child');
      for (const task of [p as Task, k.current, w.kthreads.kthreadd!])
        handlers.push(signalState(task).group.action(SIGUSR1).handler);
    });
    w.runUntilIdle();
    const [child, parent, kthreadd] = handlers;
    expect(child).toBe(parent);
    expect([child === SIG_IGN, kthreadd === SIG_IGN]).toEqual([false, true]);
  });
});

describe('kthread_run', () => {
  test('returns the error of the creation and wakes nobody', () => {
    const w = world();
    const results = w.run(function* (k) {
      w.kthreads.failAlloc = () => true;
      const anywhere = yield* k.kthreadRun(nothing, null, 'D');
      const onCpu = yield* kthreadRunOnCpu(w.kthreads, nothing, null, 0, 'D/%u');
      return [anywhere, onCpu];
    });
    expect(results).toEqual([-ENOMEM, -ENOMEM]);
  });

  test('on a CPU runs there', () => {
    const w = world({ cpus: 4 });
    const ranOn: number[] = [];
    const body = function* () {
      ranOn.push(w.s.cpu);
      return 0;
    };
    const names = w.run(function* () {
      const made: string[] = [];
      for (const cpu of [3, 1]) made.push(((yield* kthreadRunOnCpu(w.kthreads, body, null, cpu, 'D/%u')) as Task).comm);
      return made;
    });
    w.runUntilIdle();
    expect([names, ranOn]).toEqual([
      ['D/3', 'D/1'],
      [3, 1],
    ]);
  });

  test('may return a thread that is gone already (CC-K16)', () => {
    const w = world();
    let p: Task | number = 0;
    w.process('C', function* (k) {
      p = yield* k.kthreadRun(nothing, null, 'D');
      yield* k.msleep(50);
    });
    w.runFor(100);
    expect(p).toMatchObject({ comm: 'D', freed: true });
  });

  test('runs the function once (INV-K04)', () => {
    const w = world();
    let ran = 0;
    const p = w.kthread('D', function* (k) {
      ran++;
      yield* k.msleep(1);
    });
    w.wake(p);
    w.runUntilIdle();
    w.runFor(50);
    expect(ran).toBe(1);
  });
});
