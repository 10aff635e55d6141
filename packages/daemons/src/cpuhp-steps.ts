import { POINT, type Point, type Sleep } from '@kernel-model/sim';
import {
  Cpumask,
  TICK_NSEC,
  completeNow,
  hrtimersCpuDying,
  rcuMigrateCallbacks,
  rcuReportQs,
  schedCpuActivate,
  schedCpuDeactivate,
  schedCpuDying,
  schedCpuWaitEmpty,
  stopMachine,
  stopMachineFromInactiveCpu,
  tickSchedTimerDying,
  timersDeadCpu,
  timersPrepareCpu,
  tmigrCpuOffline,
  tmigrCpuOnline,
  udelay,
  waitForCompletion,
} from '@kernel-model/scheduler';
import {
  KTHREAD_SHOULD_PARK,
  kthreadPark,
  kthreadUnpark,
  smpbootCreateThreads,
  smpbootParkThreads,
  smpbootUnparkThreads,
  toKthread,
} from '@kernel-model/kthread';
import { finishCpu, idleTaskExit, initializeTlbstate } from '@kernel-model/mm';
import {
  workqueueOfflineCpu,
  workqueueOnlineCpu,
  workqueuePrepareCpu,
  workqueueSoftirqDead,
} from '@kernel-model/workqueue';
import type { CpuHotplug, CpuhpStep } from './cpu-hotplug.ts';
import * as cpuhp from './cpuhp-states.ts';

/** Time for what drivers and caches do on the way down, in us, as on the machine of the recorded traces. */
const TEARDOWN_US = 400;
/** The same on the way up. */
const STARTUP_US = 550;
/** Time until a CPU that was kicked runs its first instructions, in us, where CPUs run side by side. */
const KICK_US = 1000;

/** The steps that the kernel itself has. @linux kernel/cpu.c cpuhp_hp_states */
export function coreSteps(hp: CpuHotplug): CpuhpStep[] {
  const { s, parts } = hp;
  const { smpboot, workqueues, mm } = parts;
  const wqOnline = (): boolean => workqueues.online;
  return [
    {
      state: cpuhp.CPUHP_CREATE_THREADS,
      name: 'threads:prepare',
      startup: function* smpboot_create_threads(cpu) {
        return yield* smpbootCreateThreads(smpboot, cpu);
      },
    },
    {
      state: cpuhp.CPUHP_SOFTIRQ_DEAD,
      name: 'softirq:dead',
      teardown: function* takeover_tasklets(cpu) {
        yield* workqueueSoftirqDead(workqueues, cpu);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_WORKQUEUE_PREP,
      name: 'workqueue:prepare',
      startup: function* workqueue_prepare_cpu(cpu) {
        return wqOnline() ? yield* workqueuePrepareCpu(workqueues, cpu) : 0;
      },
    },
    {
      state: cpuhp.CPUHP_RCUTREE_PREP,
      name: 'RCU/tree:prepare',
      startup: function* rcutree_prepare_cpu() {
        yield* hp.rcu.synchronize();
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_TIMERS_PREPARE,
      name: 'timers:prepare',
      startup: function* timers_prepare_cpu(cpu) {
        timersPrepareCpu(s, cpu);
        return 0;
      },
      teardown: function* timers_dead_cpu(cpu) {
        timersDeadCpu(s, cpu, s.cpu);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_BRINGUP_CPU,
      name: 'cpu:bringup',
      startup: function* cpuhp_bringup_ap(cpu) {
        yield* udelay(s, kickUs(hp));
        initializeTlbstate(mm, cpu);
        const ap = s.cpus[cpu]!;
        // it sets up its caches while the others stand still, and may not go on before
        ap.kick(() => stopMachineFromInactiveCpu(s, () => ap.startSecondary(() => apOnline(hp, cpu))));
        yield* waitForCompletion(s, hp.states[cpu]!.doneUp);
        yield* hp.unpark(cpu);
        return 0;
      },
      teardown: function* finish_cpu(cpu) {
        finishCpu(mm, cpu);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_SCHED_STARTING,
      name: 'sched:starting',
      teardown: function* sched_cpu_dying(cpu) {
        schedCpuDying(s, cpu);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_SMPCFD_DYING,
      name: 'smpcfd:dying',
      teardown: function* smpcfd_dying_cpu(cpu) {
        s.cpus[cpu]!.flushCalls();
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_HRTIMERS_DYING,
      name: 'hrtimers:dying',
      teardown: function* hrtimers_cpu_dying(cpu) {
        hrtimersCpuDying(s, cpu, s.onlineMask.lowest);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_TICK_DYING,
      name: 'tick:dying',
      teardown: function* tick_cpu_dying(cpu) {
        tickSchedTimerDying(s.cpus[cpu]!);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_TEARDOWN_CPU,
      name: 'cpu:teardown',
      teardown: function* takedown_cpu(cpu) {
        yield* kthreadPark(smpboot.k, hp.threads.store[cpu]!);
        yield* stopMachine(s, () => takeCpuDown(hp, cpu), cpu);
        yield* waitForCompletion(s, hp.states[cpu]!.doneDown);
        hp.states[cpu]!.state = cpuhp.CPUHP_AP_IDLE_DEAD;
        rcuMigrateCallbacks(s, cpu, s.cpu);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_SCHED_WAIT_EMPTY,
      name: 'sched:waitempty',
      teardown: function* sched_cpu_wait_empty(cpu) {
        yield* schedCpuWaitEmpty(s, cpu);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_SMPBOOT_THREADS,
      name: 'smpboot/threads:online',
      startup: function* smpboot_unpark_threads(cpu) {
        yield* smpbootUnparkThreads(smpboot, cpu);
        return 0;
      },
      teardown: function* smpboot_park_threads(cpu) {
        yield* smpbootParkThreads(smpboot, cpu);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_TMIGR_ONLINE,
      name: 'tmigr:online',
      startup: function* tmigr_cpu_online(cpu) {
        tmigrCpuOnline(s.cpus[cpu]!);
        return 0;
      },
      teardown: function* tmigr_cpu_offline(cpu) {
        tmigrCpuOffline(s.cpus[cpu]!);
        return 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_WORKQUEUE_ONLINE,
      name: 'workqueue:online',
      startup: function* workqueue_online_cpu(cpu) {
        yield* udelay(s, STARTUP_US);
        return wqOnline() ? yield* workqueueOnlineCpu(workqueues, cpu) : 0;
      },
      teardown: function* workqueue_offline_cpu(cpu) {
        yield* udelay(s, TEARDOWN_US);
        return wqOnline() ? yield* workqueueOfflineCpu(workqueues, cpu) : 0;
      },
    },
    {
      state: cpuhp.CPUHP_AP_ACTIVE,
      name: 'sched:active',
      startup: function* sched_cpu_activate(cpu) {
        schedCpuActivate(s, cpu);
        return 0;
      },
      teardown: function* sched_cpu_deactivate(cpu) {
        return yield* schedCpuDeactivate(s, cpu, () => hp.rcu.synchronize());
      },
    },
  ];
}

/** Where CPUs take turns, a new one gets its first turn with the next tick. */
function kickUs(hp: CpuHotplug): number {
  const { s } = hp;
  if (s.host === null) return KICK_US;
  return Math.floor((TICK_NSEC - (s.sim.now % TICK_NSEC)) / 1000) + 50;
}

/** Runs in the stopper of the CPU that dies, while the others stand still. @linux kernel/cpu.c take_cpu_down() */
function takeCpuDown(hp: CpuHotplug, cpu: number): void {
  const { s } = hp;
  s.onlineMask = s.onlineMask.andNot(Cpumask.of(cpu));
  atOnce(hp.dyingSteps(cpu));
  // kthread_park(current): the stopper parks by itself when this is over
  toKthread(s.stoppers[cpu]!.thread!)!.flags |= KTHREAD_SHOULD_PARK;
  s.stoppers[cpu]!.enabled = false;
}

/** The idle loop of a CPU that was taken down: it tells another CPU, and is no more. @linux kernel/cpu.c cpuhp_report_idle_dead() */
export function cpuIdleDead(hp: CpuHotplug, cpu: number): void {
  const { s } = hp;
  const st = hp.states[cpu]!;
  if (st.state !== cpuhp.CPUHP_AP_OFFLINE) return;
  st.state = cpuhp.CPUHP_AP_IDLE_DEAD;
  rcuReportQs(s, cpu);
  idleTaskExit(hp.parts.mm, cpu);
  s.cpus[s.onlineMask.lowest]!.callFunction(() => completeNow(s, st.doneDown), 'cpuhp_complete_idle_dead');
}

/** First instructions of a CPU that comes up, interrupts off. @linux kernel/cpu.c notify_cpu_starting(), cpuhp_online_idle() */
function apOnline(hp: CpuHotplug, cpu: number): void {
  const { s } = hp;
  const st = hp.states[cpu]!;
  s.onlineMask = s.onlineMask.or(Cpumask.of(cpu));
  s.stoppers[cpu]!.enabled = true;
  atOnce(kthreadUnpark(hp.parts.smpboot.k, s.stoppers[cpu]!.thread!));
  st.state = cpuhp.CPUHP_AP_ONLINE_IDLE;
  completeNow(s, st.doneUp);
}

/** Run a call that cannot sleep, with interrupts off: its visible points are nobody's business. */
function atOnce<T>(call: Iterable<Point | Sleep, T, void>): T {
  const it = call[Symbol.iterator]();
  for (;;) {
    const r = it.next();
    if (r.done === true) return r.value;
    if (r.value !== POINT) throw new Error('unreachable: a sleep with interrupts off');
  }
}
