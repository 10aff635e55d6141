import type { MaySleep } from '@kernel-model/sim';
import { CPUHP_ENTER, CPUHP_EXIT, type Probe } from '@kernel-model/trace';
import {
  Completion,
  Cpumask,
  EBUSY,
  EINVAL,
  EPERM,
  Mutex,
  completeNow,
  mutexLock,
  mutexUnlock,
  waitForCompletion,
  wakeUpProcess,
  type Scheduler,
} from '@kernel-model/scheduler';
import { kthreadUnpark, type SmpHotplugThread, type Smpboot } from '@kernel-model/kthread';
import type { KthreadWorkers } from '@kernel-model/kthread-worker';
import { textPokeBpBatch, type MmSubsystem } from '@kernel-model/mm';
import { WorkStruct, flushWork, queueWorkOn, type Workqueues } from '@kernel-model/workqueue';
import {
  CPUHP_AP_OFFLINE,
  CPUHP_AP_ONLINE,
  CPUHP_AP_ONLINE_DYN,
  CPUHP_AP_ONLINE_DYN_END,
  CPUHP_AP_ONLINE_IDLE,
  CPUHP_BRINGUP_CPU,
  CPUHP_OFFLINE,
  CPUHP_ONLINE,
  CPUHP_TEARDOWN_CPU,
} from './cpuhp-states.ts';
import { coreSteps, cpuIdleDead } from './cpuhp-steps.ts';
import { ExpeditedRcu, RcuSync } from './rcu-exp.ts';

/** Places in the kernel's code that test apic_use_ipi_shorthand. */
const IPI_SHORTHAND_SITES = 2;

/** One step of a CPU's way up or down. @linux kernel/cpu.c struct cpuhp_step */
export interface CpuhpStep {
  /** CPUHP_* */
  readonly state: number;
  readonly name: string;
  /** On the way up. @returns 0, or a negative errno: then the CPU goes down again */
  startup?(cpu: number): MaySleep<number>;
  /** On the way down. @returns 0, or a negative errno: then the CPU comes up again */
  teardown?(cpu: number): MaySleep<number>;
}

/** How far one CPU is. @linux kernel/cpu.c struct cpuhp_cpu_state */
export class CpuhpCpuState {
  state: number;
  target: number;
  bringup = false;
  /** The step that failed, to be undone from; -1 if none. */
  result = 0;
  shouldRun = false;
  readonly doneUp: Completion;
  readonly doneDown: Completion;

  constructor(
    readonly cpu: number,
    online: boolean,
  ) {
    this.state = this.target = online ? CPUHP_ONLINE : CPUHP_OFFLINE;
    this.doneUp = new Completion(`CPU ${cpu} to come up`);
    this.doneDown = new Completion(`CPU ${cpu} to go down`);
  }
}

/** What CPU hotplug needs of a machine. */
export interface HotplugParts {
  readonly smpboot: Smpboot;
  readonly workqueues: Workqueues;
  readonly kthreadWorkers: KthreadWorkers;
  readonly mm: MmSubsystem;
}

/** The CPUs of one machine on their way up and down. @linux kernel/cpu.c */
export class CpuHotplug {
  readonly s: Scheduler;
  /** By CPU. */
  readonly states: CpuhpCpuState[] = [];
  /** By rising state. */
  readonly steps: CpuhpStep[];
  /** cpuhp/N. @linux kernel/cpu.c cpuhp_threads */
  readonly threads: SmpHotplugThread;
  readonly rcu: ExpeditedRcu;
  readonly #lock: Mutex = new Mutex('cpu_add_remove_lock');
  readonly #sync: RcuSync;
  /** CPUs that have been online. @linux kernel/cpu.c cpus_booted_once_mask */
  #bootedOnce: Cpumask;
  /** @linux arch/x86/kernel/apic/ipi.c apic_use_ipi_shorthand */
  #ipiShorthand: boolean;
  readonly #enter: Probe;
  readonly #exit: Probe;

  constructor(readonly parts: HotplugParts) {
    const { s } = parts.smpboot.k;
    this.s = s;
    for (const cpu of s.possibleMask) this.states[cpu] = new CpuhpCpuState(cpu, s.onlineMask.has(cpu));
    this.rcu = new ExpeditedRcu(parts.kthreadWorkers);
    this.#sync = new RcuSync(this.rcu);
    this.#bootedOnce = s.onlineMask;
    this.#ipiShorthand = s.onlineMask.weight > 1;
    this.#enter = s.hub.probe(CPUHP_ENTER);
    this.#exit = s.hub.probe(CPUHP_EXIT);
    this.steps = coreSteps(this);
    s.connect({ cpuIdleDead: (cpu) => cpuIdleDead(this, cpu) });
    this.threads = {
      threadComm: 'cpuhp/%u',
      store: [],
      threadShouldRun: (cpu) => this.states[cpu]!.shouldRun,
      threadFn: (cpu) => this.#threadFn(this.states[cpu]!),
      selfparking: true,
    };
  }

  /**
   * Have something done whenever a CPU comes or goes; for those that are online, it is done now, here.
   * @returns the state that was given to it, for {@link removeState}; or a negative errno of `startup`
   * @linux kernel/cpu.c cpuhp_setup_state()
   */
  *setupState(step: Omit<CpuhpStep, 'state'>): MaySleep<number> {
    let state = CPUHP_AP_ONLINE_DYN;
    while (this.steps.some((other) => other.state === state)) state++;
    if (state > CPUHP_AP_ONLINE_DYN_END) return -EBUSY;
    for (const cpu of this.s.onlineMask) {
      const error = yield* step.startup?.(cpu) ?? NOTHING_TO_DO;
      if (error < 0) return error;
    }
    this.steps.push({ ...step, state });
    this.steps.sort((a, b) => a.state - b.state);
    return state;
  }

  /** Undo {@link setupState}. @linux kernel/cpu.c cpuhp_remove_state() */
  *removeState(state: number): MaySleep<void> {
    const i = this.steps.findIndex((step) => step.state === state);
    const [step] = this.steps.splice(i, 1);
    for (const cpu of this.s.onlineMask) yield* step!.teardown?.(cpu) ?? NOTHING_TO_DO;
  }

  /**
   * Take a CPU offline, as a driver would. May sleep.
   * @returns 0; 1 if it is offline already; -EPERM for CPU 0; -EBUSY if it is the last one; the errno of a step
   * @linux kernel/cpu.c remove_cpu()
   */
  *removeCpu(cpu: number): MaySleep<number> {
    const { s } = this;
    if (cpu === 0) return -EPERM;
    if (!s.onlineMask.has(cpu)) return 1;
    yield* mutexLock(s, this.#lock);
    // not on the CPU that goes: its worker would wait for itself
    const other = s.onlineMask.andNot(Cpumask.of(cpu)).lowest;
    const result = other < 0 ? -EBUSY : yield* this.#cpuDownOn(other, cpu);
    yield* mutexUnlock(s, this.#lock);
    return result;
  }

  /**
   * Unlike Linux, whose traces show `work_for_cpu_fn` here, the work has a name from which tools that tell background
   * works by their names know that it is one.
   * @linux kernel/cpu.c cpu_down_maps_locked()
   */
  *#cpuDownOn(other: number, cpu: number): MaySleep<number> {
    const { workqueues } = this.parts;
    if (!workqueues.online) return yield* this.#cpuDown(cpu, CPUHP_OFFLINE);
    let result = 0;
    const down = function* (this: CpuHotplug): MaySleep<void> {
      result = yield* this.#cpuDown(cpu, CPUHP_OFFLINE);
    };
    const work = new WorkStruct(() => down.call(this), 'pm_cpu_down');
    yield* queueWorkOn(workqueues, other, workqueues.systemWq, work);
    yield* flushWork(workqueues, work);
    return result;
  }

  /**
   * Bring a CPU online, as a driver would. May sleep.
   * @returns 0; 1 if it is online already; -EINVAL if there is no such CPU; the errno of a step
   * @linux kernel/cpu.c add_cpu()
   */
  *addCpu(cpu: number): MaySleep<number> {
    const { s } = this;
    if (!s.possibleMask.has(cpu)) return -EINVAL;
    if (s.onlineMask.has(cpu)) return 1;
    yield* mutexLock(s, this.#lock);
    const result = yield* this.#cpuUp(cpu, CPUHP_ONLINE);
    yield* mutexUnlock(s, this.#lock);
    return result;
  }

  /** @linux kernel/cpu.c _cpu_down() */
  *#cpuDown(cpu: number, target: number): MaySleep<number> {
    const st = this.states[cpu]!;
    yield* this.#sync.enter();
    const before = this.#setState(st, target);
    let result = 0;
    if (st.state > CPUHP_TEARDOWN_CPU) {
      st.target = Math.max(target, CPUHP_TEARDOWN_CPU);
      result = yield* this.#kickAp(st);
      st.target = result === 0 ? target : st.target;
    }
    if (result === 0 && st.state <= CPUHP_TEARDOWN_CPU) {
      result = yield* this.range(st, target);
      if (result !== 0) yield* this.#rollback(st, before);
    }
    this.#sync.exit();
    this.#apicSmtUpdate();
    if (result === 0) this.s.reports.printk('info', `smpboot: CPU ${cpu} is now offline`);
    return result;
  }

  /** @linux kernel/cpu.c _cpu_up() */
  *#cpuUp(cpu: number, target: number): MaySleep<number> {
    const st = this.states[cpu]!;
    yield* this.#sync.enter();
    const before = this.#setState(st, target);
    // the boot says it for all of them together
    if (this.#bootedOnce.has(cpu))
      this.s.reports.printk('info', `smpboot: Booting Node 0 Processor ${cpu} APIC 0x${cpu.toString(16)}`);
    let result = yield* this.range(st, Math.min(target, CPUHP_BRINGUP_CPU));
    if (result !== 0) yield* this.#rollback(st, before);
    else if (target > CPUHP_AP_ONLINE_IDLE) result = yield* this.#kickAp(st);
    this.#sync.exit();
    this.#apicSmtUpdate();
    return result;
  }

  /**
   * With several CPUs online, all of which have been up once, one interrupt reaches all of them: a static key says so.
   * @emits tlb_flush if it is switched
   * @linux arch/x86/kernel/apic/ipi.c apic_smt_update()
   */
  #apicSmtUpdate(): void {
    const { onlineMask } = this.s;
    this.#bootedOnce = this.#bootedOnce.or(onlineMask);
    const shorthand = onlineMask.weight > 1 && this.#bootedOnce.equals(this.s.possibleMask);
    if (shorthand === this.#ipiShorthand) return;
    this.#ipiShorthand = shorthand;
    textPokeBpBatch(this.parts.mm, IPI_SHORTHAND_SITES);
  }

  /** @returns the state before @linux kernel/cpu.c cpuhp_set_state() */
  #setState(st: CpuhpCpuState, target: number): number {
    const before = st.state;
    st.target = target;
    st.result = 0;
    st.bringup = st.state < target;
    const mask = Cpumask.of(st.cpu);
    this.s.dyingMask = st.bringup ? this.s.dyingMask.andNot(mask) : this.s.dyingMask.or(mask);
    return before;
  }

  /** A step failed, here, on the way: go back. @linux kernel/cpu.c cpuhp_reset_state() */
  *#rollback(st: CpuhpCpuState, before: number): MaySleep<void> {
    this.#setState(st, before);
    if (yield* this.range(st, before))
      this.s.reports.warn(`CPU ${st.cpu} could not be brought back to state ${before}`);
  }

  /** Let the thread of the CPU do its part; if that fails, it undoes what it did. @linux kernel/cpu.c cpuhp_kick_ap() */
  *#kickAp(st: CpuhpCpuState): MaySleep<number> {
    const before = st.state;
    yield* this.#kick(st);
    const { result } = st;
    if (result === 0) return 0;
    this.#setState(st, before);
    yield* this.#kick(st);
    return result;
  }

  /** @linux kernel/cpu.c __cpuhp_kick_ap() */
  *#kick(st: CpuhpCpuState): MaySleep<void> {
    if (st.state === st.target) return;
    st.result = 0;
    st.shouldRun = true;
    wakeUpProcess(this.s, this.threads.store[st.cpu]!);
    yield* waitForCompletion(this.s, st.bringup ? st.doneUp : st.doneDown);
  }

  /** One step by the thread of the CPU. @linux kernel/cpu.c cpuhp_thread_fun() */
  *#threadFn(st: CpuhpCpuState): MaySleep<void> {
    const { bringup } = st;
    const step = this.#next(st, st.target);
    if (step === null) {
      st.shouldRun = false;
    } else {
      st.result = yield* this.#invoke(st, step);
      if (st.result !== 0) {
        // the step itself did not happen
        st.state += bringup ? -1 : 1;
        st.shouldRun = false;
      }
    }
    if (!st.shouldRun) completeNow(this.s, bringup ? st.doneUp : st.doneDown);
  }

  /** Take every step from here to the target. @returns 0 or the first error @linux kernel/cpu.c cpuhp_invoke_callback_range() */
  *range(st: CpuhpCpuState, target: number): MaySleep<number> {
    for (let step = this.#next(st, target); step !== null; step = this.#next(st, target)) {
      const { bringup } = st;
      const result = yield* this.#invoke(st, step);
      if (result === 0) continue;
      st.state += bringup ? -1 : 1;
      return result;
    }
    return 0;
  }

  /** The next step that has something to do, or null at the target. @linux kernel/cpu.c cpuhp_next_state() */
  #next(st: CpuhpCpuState, target: number): CpuhpStep | null {
    const { steps } = this;
    if (st.bringup) {
      const step = steps.find((x) => x.state > st.state && x.state <= target && x.startup !== undefined);
      st.state = step?.state ?? Math.max(st.state, target);
      return step ?? null;
    }
    const step = steps.findLast((x) => x.state <= st.state && x.state > target && x.teardown !== undefined);
    st.state = step === undefined ? Math.min(st.state, target) : step.state - 1;
    return step ?? null;
  }

  /** @emits cpuhp_enter, cpuhp_exit @linux kernel/cpu.c cpuhp_invoke_callback() */
  *#invoke(st: CpuhpCpuState, step: CpuhpStep): MaySleep<number> {
    const fn = (st.bringup ? step.startup : step.teardown)!;
    if (this.#enter.enabled) this.#enter.emit(st.cpu, st.target, step.state, this.s.hub.intern(fn.name));
    const result = yield* fn(st.cpu);
    if (this.#exit.enabled) this.#exit.emit(st.cpu, st.state, step.state, result);
    return result;
  }

  /** Run the steps between being online and being nothing but an idle loop, on the CPU, at once. */
  *dyingSteps(cpu: number): MaySleep<void> {
    const st = this.states[cpu]!;
    st.state = Math.min(st.state, CPUHP_AP_ONLINE);
    yield* this.range(st, Math.max(st.target, CPUHP_AP_OFFLINE));
  }

  /** Let cpuhp/N of a CPU that is up run. */
  *unpark(cpu: number): MaySleep<void> {
    yield* kthreadUnpark(this.parts.smpboot.k, this.threads.store[cpu]!);
  }
}

const NOTHING_TO_DO: MaySleep<number> = {
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: 0 }) }),
};
