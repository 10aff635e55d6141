import type { MaySleep, Step } from '@kernel-model/sim';
import * as sched from '@kernel-model/scheduler';
import type {
  Completion,
  Condition,
  Cpumask,
  Mutex,
  SchedAttr,
  Scheduler,
  Task,
  WaitQueueHead,
} from '@kernel-model/scheduler';
import * as kt from '@kernel-model/kthread';
import type { Kthreads, ThreadFn } from '@kernel-model/kthread';
import * as sig from '@kernel-model/signals';
import type { Signals } from '@kernel-model/signals';
import * as mm from '@kernel-model/mm';
import type { Mm, MmSubsystem } from '@kernel-model/mm';
import * as kw from '@kernel-model/kthread-worker';
import type { KthreadDelayedWork, KthreadWork, KthreadWorker, KthreadWorkers } from '@kernel-model/kthread-worker';
import type { CpuHotplug } from './cpu-hotplug.ts';
import * as wq from '@kernel-model/workqueue';
import type {
  DelayedWork,
  RcuWork,
  WorkFunc,
  WorkStruct,
  WorkqueueAttrs,
  WorkqueueStruct,
  Workqueues,
} from '@kernel-model/workqueue';

/**
 * What the code of a daemon calls: the functions of the kernel by their own names, on one machine. Every call must be
 * run with `yield*`; one that was not is reported by name at the next call or visible point.
 */
export class Kernel {
  // a loop of calls that take no time would never let go of the CPU: they are counted, and cost something in the end
  #callsAtNs = -1;
  #calls = 0;

  constructor(
    readonly s: Scheduler,
    readonly signals: Signals,
    readonly mm: MmSubsystem,
    readonly kthreads: Kthreads,
    readonly workqueues: Workqueues,
    readonly kthreadWorkers: KthreadWorkers,
    /** Null on a machine that was booted without CPU hotplug. */
    readonly hotplug: CpuHotplug | null = null,
  ) {}

  /** The running task. @linux current */
  get current(): Task {
    return this.s.current;
  }
  /** Ticks since boot. @linux jiffies */
  get jiffies(): number {
    return this.s.jiffies;
  }
  /** Ns since boot. @linux kernel/time/timekeeping.c ktime_get() */
  ktimeGet(): number {
    return this.s.sim.now;
  }

  // threads
  /** @see kt.kthreadCreate */
  kthreadCreate(threadfn: ThreadFn, data: unknown, name: string): MaySleep<Task | number> {
    return this.#issue('kthreadCreate', kt.kthreadCreate(this.kthreads, threadfn, data, name));
  }
  /** @see kt.kthreadRun */
  kthreadRun(threadfn: ThreadFn, data: unknown, name: string): MaySleep<Task | number> {
    return this.#issue('kthreadRun', kt.kthreadRun(this.kthreads, threadfn, data, name));
  }
  /** @see kt.kthreadCreateOnCpu */
  kthreadCreateOnCpu(threadfn: ThreadFn, data: unknown, cpu: number, name: string): MaySleep<Task | number> {
    return this.#issue('kthreadCreateOnCpu', kt.kthreadCreateOnCpu(this.kthreads, threadfn, data, cpu, name));
  }
  /** @see kt.kthreadRunOnCpu */
  kthreadRunOnCpu(threadfn: ThreadFn, data: unknown, cpu: number, name: string): MaySleep<Task | number> {
    return this.#issue('kthreadRunOnCpu', kt.kthreadRunOnCpu(this.kthreads, threadfn, data, cpu, name));
  }
  /** @see kt.kthreadBind */
  kthreadBind(p: Task, cpu: number): MaySleep<void> {
    return this.#issue('kthreadBind', kt.kthreadBind(this.kthreads, p, cpu));
  }
  /** @see kt.kthreadStop */
  kthreadStop(p: Task): MaySleep<number> {
    return this.#issue('kthreadStop', kt.kthreadStop(this.kthreads, p));
  }
  /** @see kt.kthreadStopPut */
  kthreadStopPut(p: Task): MaySleep<number> {
    return this.#issue('kthreadStopPut', kt.kthreadStopPut(this.kthreads, p));
  }
  /** @see kt.kthreadShouldStop */
  kthreadShouldStop(): Step<boolean> {
    return this.#issue('kthreadShouldStop', kt.kthreadShouldStop(this.kthreads));
  }
  /** @see kt.kthreadPark */
  kthreadPark(p: Task): MaySleep<number> {
    return this.#issue('kthreadPark', kt.kthreadPark(this.kthreads, p));
  }
  /** @see kt.kthreadUnpark */
  kthreadUnpark(p: Task): MaySleep<void> {
    return this.#issue('kthreadUnpark', kt.kthreadUnpark(this.kthreads, p));
  }
  /** @see kt.kthreadParkme */
  kthreadParkme(): MaySleep<void> {
    return this.#issue('kthreadParkme', kt.kthreadParkme(this.kthreads));
  }
  /** @see kt.kthreadShouldPark */
  kthreadShouldPark(): Step<boolean> {
    return this.#issue('kthreadShouldPark', kt.kthreadShouldPark(this.kthreads));
  }
  /** @see kt.kthreadExit */
  kthreadExit(result: number): MaySleep<never> {
    return this.#issue('kthreadExit', kt.kthreadExit(this.kthreads, result));
  }
  /** @see sched.getTaskStruct */
  getTaskStruct(p: Task): Task {
    return sched.getTaskStruct(p);
  }
  /** @see sched.putTaskStruct */
  putTaskStruct(p: Task): void {
    sched.putTaskStruct(this.s, p);
  }

  // sleeping and waking
  /** @see sched.setCurrentState */
  setCurrentState(state: number): Step<void> {
    return this.#issue('setCurrentState', sched.setCurrentState(this.s, state));
  }
  /** @see sched.__setCurrentState */
  __setCurrentState(state: number): Step<void> {
    return this.#issue('__setCurrentState', sched.__setCurrentState(this.s, state));
  }
  /** @see sched.smpMb */
  smpMb(): Step<void> {
    return this.#issue('smpMb', sched.smpMb(this.s));
  }
  /** @see sched.schedule */
  schedule(): MaySleep<void> {
    return this.#issue('schedule', sched.schedule(this.s));
  }
  /** @see sched.ioSchedule */
  ioSchedule(): MaySleep<void> {
    return this.#issue('ioSchedule', sched.ioSchedule(this.s));
  }
  /** @see sched.ioScheduleTimeout */
  ioScheduleTimeout(jiffies: number): MaySleep<number> {
    return this.#issue('ioScheduleTimeout', sched.ioScheduleTimeout(this.s, jiffies));
  }
  /** @see sched.scheduleTimeout */
  scheduleTimeout(jiffies: number): MaySleep<number> {
    return this.#issue('scheduleTimeout', sched.scheduleTimeout(this.s, jiffies));
  }
  /** @see sched.scheduleTimeoutInterruptible */
  scheduleTimeoutInterruptible(jiffies: number): MaySleep<number> {
    return this.#issue('scheduleTimeoutInterruptible', sched.scheduleTimeoutInterruptible(this.s, jiffies));
  }
  /** @see sched.scheduleTimeoutUninterruptible */
  scheduleTimeoutUninterruptible(jiffies: number): MaySleep<number> {
    return this.#issue('scheduleTimeoutUninterruptible', sched.scheduleTimeoutUninterruptible(this.s, jiffies));
  }
  /** @see sched.scheduleTimeoutKillable */
  scheduleTimeoutKillable(jiffies: number): MaySleep<number> {
    return this.#issue('scheduleTimeoutKillable', sched.scheduleTimeoutKillable(this.s, jiffies));
  }
  /** @see sched.scheduleTimeoutIdle */
  scheduleTimeoutIdle(jiffies: number): MaySleep<number> {
    return this.#issue('scheduleTimeoutIdle', sched.scheduleTimeoutIdle(this.s, jiffies));
  }
  /** @see sched.msleepInterruptible */
  msleepInterruptible(ms: number): MaySleep<number> {
    return this.#issue('msleepInterruptible', sched.msleepInterruptible(this.s, ms));
  }
  /** @see sched.msleep */
  msleep(ms: number): MaySleep<void> {
    return this.#issue('msleep', sched.msleep(this.s, ms));
  }
  /** @see sched.usleepRange */
  usleepRange(minUs: number, maxUs: number): MaySleep<void> {
    return this.#issue('usleepRange', sched.usleepRange(this.s, minUs, maxUs));
  }
  /** Wake a task. @see sched.wakeUpProcess */
  wakeUpProcess(p: Task): Step<boolean> {
    return this.#issue('wakeUpProcess', sched.wakeUpProcessStep(this.s, p));
  }
  /** @see sched.condResched */
  condResched(): Step<number> {
    return this.#issue('condResched', sched.condResched(this.s));
  }
  /** @see sched.yieldCpu */
  yieldCpu(): MaySleep<void> {
    return this.#issue('yieldCpu', sched.yieldCpu(this.s));
  }
  /** Use the CPU for us microseconds. @see sched.busy */
  busy(us: number): Step<void> {
    return this.#issue('busy', sched.busy(this.s, us));
  }
  /** @see sched.udelay */
  udelay(us: number): Step<void> {
    return this.#issue('udelay', sched.udelay(this.s, us));
  }
  /** @see sched.preemptDisable */
  preemptDisable(): void {
    sched.preemptDisable(this.s);
  }
  /** @see sched.preemptEnable */
  preemptEnable(): Step<void> {
    return this.#issue('preemptEnable', sched.preemptEnable(this.s));
  }

  // policy and affinity
  /** @see sched.setUserNice */
  setUserNice(p: Task, nice: number): void {
    sched.setUserNice(this.s, p, nice);
  }
  /** @see sched.schedSetFifo */
  schedSetFifo(p: Task): void {
    sched.schedSetFifo(this.s, p);
  }
  /** @see sched.schedSetFifoLow */
  schedSetFifoLow(p: Task): void {
    sched.schedSetFifoLow(this.s, p);
  }
  /** @see sched.schedSetNormal */
  schedSetNormal(p: Task, nice: number): void {
    sched.schedSetNormal(this.s, p, nice);
  }
  /** @see sched.schedSetattrNocheck */
  schedSetattrNocheck(p: Task, attr: SchedAttr): number {
    return sched.schedSetattrNocheck(this.s, p, attr);
  }
  /** @see sched.setCpusAllowedPtr */
  setCpusAllowedPtr(p: Task, mask: Cpumask): MaySleep<number> {
    return this.#issue('setCpusAllowedPtr', sched.setCpusAllowedPtr(this.s, p, mask));
  }

  // CPU hotplug
  /** @returns -EOPNOTSUPP without hotplug, else see {@link CpuHotplug.removeCpu} */
  removeCpu(cpu: number): MaySleep<number> {
    return this.#issue('removeCpu', this.hotplug === null ? NOT_SUPPORTED : this.hotplug.removeCpu(cpu));
  }
  /** @returns -EOPNOTSUPP without hotplug, else see {@link CpuHotplug.addCpu} */
  addCpu(cpu: number): MaySleep<number> {
    return this.#issue('addCpu', this.hotplug === null ? NOT_SUPPORTED : this.hotplug.addCpu(cpu));
  }

  // completions
  /** @see sched.complete */
  complete(c: Completion): Step<void> {
    return this.#issue('complete', sched.complete(this.s, c));
  }
  /** @see sched.completeAll */
  completeAll(c: Completion): Step<void> {
    return this.#issue('completeAll', sched.completeAll(this.s, c));
  }
  /** @see sched.waitForCompletion */
  waitForCompletion(c: Completion): MaySleep<void> {
    return this.#issue('waitForCompletion', sched.waitForCompletion(this.s, c));
  }
  /** @see sched.waitForCompletionTimeout */
  waitForCompletionTimeout(c: Completion, jiffies: number): MaySleep<number> {
    return this.#issue('waitForCompletionTimeout', sched.waitForCompletionTimeout(this.s, c, jiffies));
  }
  /** @see sched.waitForCompletionInterruptible */
  waitForCompletionInterruptible(c: Completion): MaySleep<number> {
    return this.#issue('waitForCompletionInterruptible', sched.waitForCompletionInterruptible(this.s, c));
  }
  /** @see sched.waitForCompletionKillable */
  waitForCompletionKillable(c: Completion): MaySleep<number> {
    return this.#issue('waitForCompletionKillable', sched.waitForCompletionKillable(this.s, c));
  }
  /** @see sched.tryWaitForCompletion */
  tryWaitForCompletion(c: Completion): Step<boolean> {
    return this.#issue('tryWaitForCompletion', sched.tryWaitForCompletion(this.s, c));
  }

  // wait queues
  /** @see sched.wakeUp */
  wakeUp(h: WaitQueueHead): Step<void> {
    return this.#issue('wakeUp', sched.wakeUp(this.s, h));
  }
  /** @see sched.wakeUpAll */
  wakeUpAll(h: WaitQueueHead): Step<void> {
    return this.#issue('wakeUpAll', sched.wakeUpAll(this.s, h));
  }
  /** @see sched.wakeUpInterruptible */
  wakeUpInterruptible(h: WaitQueueHead): Step<void> {
    return this.#issue('wakeUpInterruptible', sched.wakeUpInterruptible(this.s, h));
  }
  /** @see sched.waitEvent */
  waitEvent(h: WaitQueueHead, condition: Condition): MaySleep<void> {
    return this.#issue('waitEvent', sched.waitEvent(this.s, h, condition));
  }
  /** @see sched.waitEventInterruptible */
  waitEventInterruptible(h: WaitQueueHead, condition: Condition): MaySleep<number> {
    return this.#issue('waitEventInterruptible', sched.waitEventInterruptible(this.s, h, condition));
  }
  /** @see sched.waitEventTimeout */
  waitEventTimeout(h: WaitQueueHead, condition: Condition, jiffies: number): MaySleep<number> {
    return this.#issue('waitEventTimeout', sched.waitEventTimeout(this.s, h, condition, jiffies));
  }
  /** @see sched.waitEventInterruptibleTimeout */
  waitEventInterruptibleTimeout(h: WaitQueueHead, condition: Condition, jiffies: number): MaySleep<number> {
    return this.#issue(
      'waitEventInterruptibleTimeout',
      sched.waitEventInterruptibleTimeout(this.s, h, condition, jiffies),
    );
  }
  /** @see sched.waitEventIdle */
  waitEventIdle(h: WaitQueueHead, condition: Condition): MaySleep<void> {
    return this.#issue('waitEventIdle', sched.waitEventIdle(this.s, h, condition));
  }
  /** @see sched.waitEventKillable */
  waitEventKillable(h: WaitQueueHead, condition: Condition): MaySleep<number> {
    return this.#issue('waitEventKillable', sched.waitEventKillable(this.s, h, condition));
  }
  /** @see sched.waitEventFreezable */
  waitEventFreezable(h: WaitQueueHead, condition: Condition): MaySleep<number> {
    return this.#issue('waitEventFreezable', sched.waitEventFreezable(this.s, h, condition));
  }

  // mutexes
  /** @see sched.mutexLock */
  mutexLock(m: Mutex): MaySleep<void> {
    return this.#issue('mutexLock', sched.mutexLock(this.s, m));
  }
  /** @see sched.mutexTrylock */
  mutexTrylock(m: Mutex): Step<number> {
    return this.#issue('mutexTrylock', sched.mutexTrylock(this.s, m));
  }
  /** @see sched.mutexUnlock */
  mutexUnlock(m: Mutex): Step<void> {
    return this.#issue('mutexUnlock', sched.mutexUnlock(this.s, m));
  }

  // address spaces
  /** Use the address space of a process; hold a user of it, see mmget(). @see mm.useMm */
  kthreadUseMm(of: Mm): void {
    mm.useMm(this.mm, of);
  }
  /** @see mm.unuseMm */
  kthreadUnuseMm(of: Mm): void {
    mm.unuseMm(this.mm, of);
  }
  /** @see mm.mmget */
  mmget(of: Mm): void {
    mm.mmget(of);
  }
  /** @see mm.mmput */
  mmput(of: Mm): MaySleep<void> {
    return this.#issue('mmput', mm.mmput(this.mm, of));
  }

  // signals
  /** @see sig.sendSig */
  sendSig(signal: number, p: Task, priv: 0 | 1): Step<number> {
    return this.#issue('sendSig', sig.sendSig(this.signals, signal, p, priv));
  }
  /** @see sig.allowSignal */
  allowSignal(signal: number): Step<void> {
    return this.#issue('allowSignal', sig.allowSignal(this.signals, signal));
  }
  /** @see sig.flushSignals */
  flushSignals(p: Task): Step<void> {
    return this.#issue('flushSignals', sig.flushSignals(this.signals, p));
  }
  /** @see sig.signalPending */
  signalPending(p: Task): boolean {
    return sig.signalPending(p);
  }

  // the freezer
  /** @see sig.setFreezable */
  setFreezable(): MaySleep<boolean> {
    return this.#issue('setFreezable', sig.setFreezable(this.signals));
  }
  /** @see sig.tryToFreeze */
  tryToFreeze(): MaySleep<boolean> {
    return this.#issue('tryToFreeze', sig.tryToFreeze(this.signals));
  }

  // workqueues
  /** @see wq.allocWorkqueue */
  allocWorkqueue(name: string, flags: number, maxActive: number): MaySleep<WorkqueueStruct | null> {
    return this.#issue('allocWorkqueue', wq.allocWorkqueue(this.workqueues, name, flags, maxActive));
  }
  /** @see wq.allocOrderedWorkqueue */
  allocOrderedWorkqueue(name: string, flags: number): MaySleep<WorkqueueStruct | null> {
    return this.#issue('allocOrderedWorkqueue', wq.allocOrderedWorkqueue(this.workqueues, name, flags));
  }
  /** @see wq.destroyWorkqueue */
  destroyWorkqueue(q: WorkqueueStruct): MaySleep<void> {
    return this.#issue('destroyWorkqueue', wq.destroyWorkqueue(this.workqueues, q));
  }
  /** @see wq.queueWork */
  queueWork(q: WorkqueueStruct, work: WorkStruct): Step<boolean> {
    return this.#issue('queueWork', wq.queueWork(this.workqueues, q, work));
  }
  /** {@link queueWork} for interrupts and timers, which run to their end at once. @see wq.queueWorkNow */
  queueWorkNow(q: WorkqueueStruct, work: WorkStruct): boolean {
    return wq.queueWorkNow(this.workqueues, wq.WORK_CPU_UNBOUND, q, work);
  }
  /** @see wq.queueWorkOn */
  queueWorkOn(cpu: number, q: WorkqueueStruct, work: WorkStruct): Step<boolean> {
    return this.#issue('queueWorkOn', wq.queueWorkOn(this.workqueues, cpu, q, work));
  }
  /** @see wq.queueWorkNode */
  queueWorkNode(node: number, q: WorkqueueStruct, work: WorkStruct): Step<boolean> {
    return this.#issue('queueWorkNode', wq.queueWorkNode(this.workqueues, node, q, work));
  }
  /** @see wq.queueDelayedWork */
  queueDelayedWork(q: WorkqueueStruct, dwork: DelayedWork, delay: number): Step<boolean> {
    return this.#issue('queueDelayedWork', wq.queueDelayedWork(this.workqueues, q, dwork, delay));
  }
  /** @see wq.queueDelayedWorkOn */
  queueDelayedWorkOn(cpu: number, q: WorkqueueStruct, dwork: DelayedWork, delay: number): Step<boolean> {
    return this.#issue('queueDelayedWorkOn', wq.queueDelayedWorkOn(this.workqueues, cpu, q, dwork, delay));
  }
  /** @see wq.modDelayedWork */
  modDelayedWork(q: WorkqueueStruct, dwork: DelayedWork, delay: number): Step<boolean> {
    return this.#issue('modDelayedWork', wq.modDelayedWork(this.workqueues, q, dwork, delay));
  }
  /** @see wq.modDelayedWorkOn */
  modDelayedWorkOn(cpu: number, q: WorkqueueStruct, dwork: DelayedWork, delay: number): Step<boolean> {
    return this.#issue('modDelayedWorkOn', wq.modDelayedWorkOn(this.workqueues, cpu, q, dwork, delay));
  }
  /** @see wq.queueRcuWork */
  queueRcuWork(q: WorkqueueStruct, rwork: RcuWork): Step<boolean> {
    return this.#issue('queueRcuWork', wq.queueRcuWork(this.workqueues, q, rwork));
  }
  /** @see wq.flushRcuWork */
  flushRcuWork(rwork: RcuWork): MaySleep<boolean> {
    return this.#issue('flushRcuWork', wq.flushRcuWork(this.workqueues, rwork));
  }
  /** @see wq.scheduleWork */
  scheduleWork(work: WorkStruct): Step<boolean> {
    return this.#issue('scheduleWork', wq.scheduleWork(this.workqueues, work));
  }
  /** @see wq.scheduleWorkOn */
  scheduleWorkOn(cpu: number, work: WorkStruct): Step<boolean> {
    return this.#issue('scheduleWorkOn', wq.scheduleWorkOn(this.workqueues, cpu, work));
  }
  /** @see wq.scheduleDelayedWork */
  scheduleDelayedWork(dwork: DelayedWork, delay: number): Step<boolean> {
    return this.#issue('scheduleDelayedWork', wq.scheduleDelayedWork(this.workqueues, dwork, delay));
  }
  /** @see wq.scheduleOnEachCpu */
  scheduleOnEachCpu(func: WorkFunc): MaySleep<number> {
    return this.#issue('scheduleOnEachCpu', wq.scheduleOnEachCpu(this.workqueues, func));
  }
  /** @see wq.workOnCpu */
  workOnCpu<T>(cpu: number, func: () => MaySleep<T>): MaySleep<T> {
    return this.#issue('workOnCpu', wq.workOnCpu(this.workqueues, cpu, func));
  }
  /** @see wq.flushWork */
  flushWork(work: WorkStruct): MaySleep<boolean> {
    return this.#issue('flushWork', wq.flushWork(this.workqueues, work));
  }
  /** @see wq.flushDelayedWork */
  flushDelayedWork(dwork: DelayedWork): MaySleep<boolean> {
    return this.#issue('flushDelayedWork', wq.flushDelayedWork(this.workqueues, dwork));
  }
  /** @see wq.flushWorkqueue */
  flushWorkqueue(q: WorkqueueStruct): MaySleep<void> {
    return this.#issue('flushWorkqueue', wq.flushWorkqueue(this.workqueues, q));
  }
  /** @see wq.drainWorkqueue */
  drainWorkqueue(q: WorkqueueStruct): MaySleep<void> {
    return this.#issue('drainWorkqueue', wq.drainWorkqueue(this.workqueues, q));
  }
  /** @see wq.cancelWork */
  cancelWork(work: WorkStruct): Step<boolean> {
    return this.#issue('cancelWork', wq.cancelWork(this.workqueues, work));
  }
  /** @see wq.cancelWorkSync */
  cancelWorkSync(work: WorkStruct): MaySleep<boolean> {
    return this.#issue('cancelWorkSync', wq.cancelWorkSync(this.workqueues, work));
  }
  /** @see wq.cancelDelayedWork */
  cancelDelayedWork(dwork: DelayedWork): Step<boolean> {
    return this.#issue('cancelDelayedWork', wq.cancelDelayedWork(this.workqueues, dwork));
  }
  /** @see wq.cancelDelayedWorkSync */
  cancelDelayedWorkSync(dwork: DelayedWork): MaySleep<boolean> {
    return this.#issue('cancelDelayedWorkSync', wq.cancelDelayedWorkSync(this.workqueues, dwork));
  }
  /** @see wq.disableWork */
  disableWork(work: WorkStruct): Step<boolean> {
    return this.#issue('disableWork', wq.disableWork(this.workqueues, work));
  }
  /** @see wq.disableWorkSync */
  disableWorkSync(work: WorkStruct): MaySleep<boolean> {
    return this.#issue('disableWorkSync', wq.disableWorkSync(this.workqueues, work));
  }
  /** @see wq.disableDelayedWork */
  disableDelayedWork(dwork: DelayedWork): Step<boolean> {
    return this.#issue('disableDelayedWork', wq.disableDelayedWork(this.workqueues, dwork));
  }
  /** @see wq.disableDelayedWorkSync */
  disableDelayedWorkSync(dwork: DelayedWork): MaySleep<boolean> {
    return this.#issue('disableDelayedWorkSync', wq.disableDelayedWorkSync(this.workqueues, dwork));
  }
  /** @see wq.enableWork */
  enableWork(work: WorkStruct): Step<boolean> {
    return this.#issue('enableWork', wq.enableWork(this.workqueues, work));
  }
  /** @see wq.enableDelayedWork */
  enableDelayedWork(dwork: DelayedWork): Step<boolean> {
    return this.#issue('enableDelayedWork', wq.enableDelayedWork(this.workqueues, dwork));
  }
  /** @see wq.enableAndQueueWork */
  enableAndQueueWork(q: WorkqueueStruct, work: WorkStruct): Step<boolean> {
    return this.#issue('enableAndQueueWork', wq.enableAndQueueWork(this.workqueues, q, work));
  }
  /** @see wq.workBusy */
  workBusy(work: WorkStruct): Step<number> {
    return this.#issue('workBusy', wq.workBusy(this.workqueues, work));
  }
  /** @see wq.workqueueSetMaxActive */
  workqueueSetMaxActive(q: WorkqueueStruct, maxActive: number): MaySleep<void> {
    return this.#issue('workqueueSetMaxActive', wq.workqueueSetMaxActive(this.workqueues, q, maxActive));
  }
  /** @see wq.applyWorkqueueAttrs */
  applyWorkqueueAttrs(q: WorkqueueStruct, attrs: WorkqueueAttrs): MaySleep<number> {
    return this.#issue('applyWorkqueueAttrs', wq.applyWorkqueueAttrs(this.workqueues, q, attrs));
  }
  /** @see wq.freezeWorkqueuesBegin */
  freezeWorkqueuesBegin(): MaySleep<void> {
    return this.#issue('freezeWorkqueuesBegin', wq.freezeWorkqueuesBegin(this.workqueues));
  }
  /** @see wq.freezeWorkqueuesBusy */
  freezeWorkqueuesBusy(): MaySleep<boolean> {
    return this.#issue('freezeWorkqueuesBusy', wq.freezeWorkqueuesBusy(this.workqueues));
  }
  /** @see wq.thawWorkqueues */
  thawWorkqueues(): MaySleep<void> {
    return this.#issue('thawWorkqueues', wq.thawWorkqueues(this.workqueues));
  }
  /** The work that runs in the current task, or null. @see wq.currentWork */
  currentWork(): WorkStruct | null {
    return wq.currentWork(this.workqueues);
  }
  /** @see wq.setWorkerDesc */
  setWorkerDesc(desc: string): void {
    wq.setWorkerDesc(this.workqueues, desc);
  }

  // kthread workers
  /** @see kw.kthreadCreateWorker */
  kthreadCreateWorker(flags: number, name: string): MaySleep<KthreadWorker | number> {
    return this.#issue('kthreadCreateWorker', kw.kthreadCreateWorker(this.kthreadWorkers, flags, name));
  }
  /** @see kw.kthreadCreateWorkerOnCpu */
  kthreadCreateWorkerOnCpu(cpu: number, flags: number, name: string): MaySleep<KthreadWorker | number> {
    return this.#issue('kthreadCreateWorkerOnCpu', kw.kthreadCreateWorkerOnCpu(this.kthreadWorkers, cpu, flags, name));
  }
  /** @see kw.kthreadQueueWork */
  kthreadQueueWork(worker: KthreadWorker, work: KthreadWork): Step<boolean> {
    return this.#issue('kthreadQueueWork', kw.kthreadQueueWork(this.kthreadWorkers, worker, work));
  }
  /** {@link kthreadQueueWork} for interrupts and timers, which run to their end at once. @see kw.kthreadQueueWorkNow */
  kthreadQueueWorkNow(worker: KthreadWorker, work: KthreadWork): boolean {
    return kw.kthreadQueueWorkNow(this.kthreadWorkers, worker, work);
  }
  /** @see kw.kthreadQueueDelayedWork */
  kthreadQueueDelayedWork(worker: KthreadWorker, dwork: KthreadDelayedWork, delay: number): Step<boolean> {
    return this.#issue(
      'kthreadQueueDelayedWork',
      kw.kthreadQueueDelayedWork(this.kthreadWorkers, worker, dwork, delay),
    );
  }
  /** @see kw.kthreadModDelayedWork */
  kthreadModDelayedWork(worker: KthreadWorker, dwork: KthreadDelayedWork, delay: number): Step<boolean> {
    return this.#issue('kthreadModDelayedWork', kw.kthreadModDelayedWork(this.kthreadWorkers, worker, dwork, delay));
  }
  /** @see kw.kthreadFlushWork */
  kthreadFlushWork(work: KthreadWork): MaySleep<void> {
    return this.#issue('kthreadFlushWork', kw.kthreadFlushWork(this.kthreadWorkers, work));
  }
  /** @see kw.kthreadFlushWorker */
  kthreadFlushWorker(worker: KthreadWorker): MaySleep<void> {
    return this.#issue('kthreadFlushWorker', kw.kthreadFlushWorker(this.kthreadWorkers, worker));
  }
  /** @see kw.kthreadCancelWorkSync */
  kthreadCancelWorkSync(work: KthreadWork): MaySleep<boolean> {
    return this.#issue('kthreadCancelWorkSync', kw.kthreadCancelWorkSync(this.kthreadWorkers, work));
  }
  /** @see kw.kthreadCancelDelayedWorkSync */
  kthreadCancelDelayedWorkSync(dwork: KthreadDelayedWork): MaySleep<boolean> {
    return this.#issue('kthreadCancelDelayedWorkSync', kw.kthreadCancelDelayedWorkSync(this.kthreadWorkers, dwork));
  }
  /** @see kw.kthreadDestroyWorker */
  kthreadDestroyWorker(worker: KthreadWorker): MaySleep<void> {
    return this.#issue('kthreadDestroyWorker', kw.kthreadDestroyWorker(this.kthreadWorkers, worker));
  }

  // shared words
  /** A word of memory that threads share; its accesses are visible points. */
  cell<T>(name: string, value: T): sched.Cell<T> {
    return new sched.Cell(this.s.sim, name, value);
  }

  #issue<T>(name: string, call: Step<T>): Step<T>;
  #issue<T>(name: string, call: MaySleep<T>): MaySleep<T>;
  #issue<T>(name: string, call: MaySleep<T>): MaySleep<T> {
    const { sim } = this.s;
    if (sim.now !== this.#callsAtNs) {
      this.#callsAtNs = sim.now;
      this.#calls = 0;
    } else if (++this.#calls >= FREE_CALLS && !sim.explored) {
      sim.charge(POLL_NS);
      this.#callsAtNs = sim.now;
      this.#calls = FREE_CALLS;
    }
    return sim.issue(name, call);
  }
}

/** Calls in a row that take no time before the caller is taken for one that polls. */
const FREE_CALLS = 1000;
/** Time that each further call of a polling loop takes, in ns: it must not stop the clock for everybody. */
const POLL_NS = 20_000;

/** Returns -EOPNOTSUPP. */
const NOT_SUPPORTED: MaySleep<number> = { [Symbol.iterator]: () => ({ next: () => ({ done: true, value: -95 }) }) };
