import { SimEvent, UsageError, type StoreBuffer } from '@kernel-model/sim';
import { NR_SOFTIRQS } from './constants.ts';
import { scheduleIdle, preemptScheduleIrq, scheduleToUser } from './core.ts';
import { CpuUsage } from './cputime.ts';
import { HrtimerBase, hrtimerInterrupt } from './hrtimer.ts';
import { SentCall, traceSendCallFunction, traceSendReschedule } from './ipi-events.ts';
import { kernelSymbol } from './probes.ts';
import { RcuData } from './rcu.ts';
import type { Rq } from './rq.ts';
import type { Scheduler } from './scheduler.ts';
import { invokeSoftirqs } from './softirq.ts';
import type { Task } from './task.ts';
import {
  TickSched,
  tickIrqEnter,
  tickNohzIdleEnter,
  tickNohzIdleExit,
  tickNohzIrqExit,
  tickSetupSchedTimer,
} from './tick-sched.ts';
import { tmigrAddCpu, type TmigrCpu } from './timer-migration.ts';
import { TimerBases } from './timer.ts';
import { traceContext } from './trace-context.ts';
import { schedTtwuPending } from './wakeup.ts';

/** Vectors of interrupts. @linux arch/x86/include/asm/irq_vectors.h */
const LOCAL_TIMER_VECTOR = 236;
const CALL_FUNCTION_SINGLE_VECTOR = 251;
const RESCHEDULE_VECTOR = 253;

/**
 * A processor: it runs the body of its run queue's current task from visible point to visible point, takes interrupts
 * in between, and idles.
 */
export class Cpu {
  readonly rq: Rq;
  /** Instant up to which this CPU's own code has run, in ns. Code that ran past an interrupt's instant delays it. */
  atNs = 0;
  /** Depth of hard interrupts, 0 or 1: handlers are not interrupted. */
  hardirq = 0;
  /** Serving softirqs on the way out of an interrupt, or in ksoftirqd, or in local_bh_enable. */
  inSoftirq = false;
  /** Raised softirqs, a bit each. Owned by softirq.ts. */
  softirqPending = 0;
  /** Softirqs served, by number. */
  readonly nrSoftirqs: number[] = new Array<number>(NR_SOFTIRQS).fill(0);
  /** Interrupts taken: of the timer, to reschedule, to call functions. */
  nrTimerIrqs = 0;
  nrReschedIpis = 0;
  nrCallIpis = 0;
  /** What the ticks hit. */
  readonly usage: CpuUsage = new CpuUsage();
  /** Serves softirqs that nobody else does; null until it is created. */
  ksoftirqd: Task | null = null;
  readonly hrtimers: HrtimerBase;
  readonly timers: TimerBases;
  readonly tmigr: TmigrCpu;
  readonly tick: TickSched;
  readonly rcu: RcuData;
  /** What this CPU has stored and memory has not seen; null on a machine that knows no such thing. */
  stores: StoreBuffer | null = null;
  readonly #sched: Scheduler;
  readonly #resume: SimEvent;
  readonly #reschedIpi: SimEvent;
  readonly #callIpi: SimEvent;
  readonly #noticed: SimEvent;
  readonly #calls: SentCall[] = [];
  /** See {@link hold}. */
  held = false;
  #interruptedAtNs = 0;
  #irqsOff = false;
  /** Interrupts that came while they were off. */
  readonly #kept: (() => void)[] = [];

  constructor(
    sched: Scheduler,
    readonly id: number,
    rq: Rq,
  ) {
    this.#sched = sched;
    this.rq = rq;
    const sim = sched.sim;
    this.#resume = new SimEvent(sim.addLane(`cpu${id}`), () => this.#run());
    const { probes } = sched;
    const onTimer = (): void => {
      this.nrTimerIrqs++;
      if (probes.localTimerEntry.enabled) probes.localTimerEntry.emit(LOCAL_TIMER_VECTOR);
      hrtimerInterrupt(this);
      if (probes.localTimerExit.enabled) probes.localTimerExit.emit(LOCAL_TIMER_VECTOR);
    };
    const onResched = (): void => {
      this.nrReschedIpis++;
      if (probes.rescheduleEntry.enabled) probes.rescheduleEntry.emit(RESCHEDULE_VECTOR);
      if (probes.rescheduleExit.enabled) probes.rescheduleExit.emit(RESCHEDULE_VECTOR);
    };
    const onCall = (): void => {
      this.nrCallIpis++;
      if (probes.callFunctionSingleEntry.enabled) probes.callFunctionSingleEntry.emit(CALL_FUNCTION_SINGLE_VECTOR);
      this.flushCalls();
      if (probes.callFunctionSingleExit.enabled) probes.callFunctionSingleExit.emit(CALL_FUNCTION_SINGLE_VECTOR);
    };
    this.hrtimers = new HrtimerBase(sched, id, () => this.interrupt(onTimer));
    this.timers = new TimerBases(sched, id);
    this.tmigr = tmigrAddCpu(sched, id);
    this.tick = new TickSched(sched);
    this.rcu = new RcuData(sched);
    const irqLane = sim.addLane(`cpu${id} ipi`);
    this.#reschedIpi = new SimEvent(irqLane, () => this.interrupt(onResched));
    this.#callIpi = new SimEvent(irqLane, () => this.interrupt(onCall));
    this.#noticed = new SimEvent(irqLane, () => this.#notice());
  }

  /** Give it a store buffer, if memory asks for one. */
  addStoreBuffer(): void {
    this.stores = this.#sched.sim.addStoreBuffer(this.#resume.lane);
  }

  /** Tell this CPU to look at its need_resched flag. @linux arch/x86/kernel/smp.c native_smp_send_reschedule() */
  sendReschedule(): void {
    const s = this.#sched;
    if (this.#polls) {
      this.#wakeWithoutIpi();
      return;
    }
    if (s.sim.isQueued(this.#reschedIpi)) return;
    if (s.probes.ipiSendCpu.enabled) traceSendReschedule(s, this.id);
    s.sim.post(this.#reschedIpi, s.sim.now + s.config.costs.ipi);
  }

  /**
   * Run fn on this CPU in interrupt context, soon; calls run in order.
   * @param symbol the kernel's name of the function, for traces
   * @emits csd_queue_cpu, ipi_send_cpu; then csd_function_entry, csd_function_exit
   * @linux kernel/smp.c smp_call_function_single_async()
   */
  callFunction(fn: () => void, symbol: string = kernelSymbol(fn.name)): void {
    const call = new SentCall(this.#sched, fn, symbol);
    call.traceQueued(this.id);
    this.#calls.push(call);
    this.sendCallFunction();
  }

  /** Make this CPU take in the wakeups and run the functions that other CPUs left for it. @linux kernel/smp.c __smp_call_single_queue() */
  sendCallFunction(): void {
    const s = this.#sched;
    if (this.#polls) {
      this.#wakeWithoutIpi();
      return;
    }
    if (s.sim.isQueued(this.#callIpi)) return;
    if (s.probes.ipiSendCpu.enabled) traceSendCallFunction(s, this.id);
    s.sim.post(this.#callIpi, s.sim.now + s.config.costs.ipi);
  }

  /** Idle, and watching need_resched. @linux include/linux/sched/idle.h TIF_POLLING_NRFLAG */
  get #polls(): boolean {
    return this.#sched.config.idle !== 'halt' && this.tick.inIdle;
  }

  /** @emits sched_wake_idle_without_ipi @linux kernel/sched/core.c set_nr_if_polling(), resched_curr() */
  #wakeWithoutIpi(): void {
    const s = this.#sched;
    this.rq.idle.needResched = true;
    if (s.sim.isQueued(this.#noticed)) return;
    const probe = s.probes.wakeIdleWithoutIpi;
    if (probe.enabled) probe.emit(this.id);
    s.sim.post(this.#noticed, s.sim.now + s.config.costs.spin);
  }

  /** The idle loop sees need_resched. An interrupt may have been faster. @linux kernel/sched/idle.c do_idle() */
  #notice(): void {
    if (!this.tick.inIdle) return;
    this.#enter();
    this.#leaveIdle();
    this.#resumeCurrent();
  }

  /** Run the functions that other CPUs sent. @linux kernel/smp.c __flush_smp_call_function_queue() */
  flushCalls(): void {
    schedTtwuPending(this.rq);
    while (this.#calls.length > 0) this.#calls.shift()!.run();
  }

  /**
   * Take an interrupt at sim.now: called from the run function of an event. The handler is one atomic step; softirqs
   * that it raised run on its way out, and then whatever need_resched asks for.
   */
  interrupt(handler: () => void): void {
    if (this.#irqsOff) {
      if (!this.#kept.includes(handler)) this.#kept.push(handler);
      return;
    }
    const s = this.#sched;
    const sim = s.sim;
    this.#enter();
    if (this.stores !== null) this.stores.flush();
    const p = this.rq.curr;
    if (this.#resume.queued) {
      p.owedNs = Math.max(0, this.#resume.atNs - sim.now);
      this.#interruptedAtNs = sim.now;
      sim.cancel(this.#resume);
    }
    this.held = false;
    this.hardirq++;
    traceContext(this);
    sim.charge(s.config.costs.interrupt);
    if (p === this.rq.idle) tickIrqEnter(this);
    handler();
    this.hardirq--;
    if (this.softirqPending !== 0) {
      invokeSoftirqs(this);
      sim.charge(s.config.costs.softirqs);
    }
    traceContext(this);
    this.#irqExit();
  }

  /** Code that yields keeps interrupts away: they come after {@link localIrqEnable}. @linux include/linux/irqflags.h local_irq_disable() */
  localIrqDisable(): void {
    this.#irqsOff = true;
  }

  /** Undo {@link localIrqDisable}. @linux include/linux/irqflags.h local_irq_enable() */
  localIrqEnable(): void {
    this.#irqsOff = false;
    for (const handler of this.#kept.splice(0)) this.interruptNow(handler);
  }

  /** Take an interrupt from outside the machine: called between steps, at sim.now. */
  interruptNow(handler: () => void): void {
    const s = this.#sched;
    s.sim.post(new SimEvent(this.#reschedIpi.lane, () => this.interrupt(handler)), s.sim.now);
  }

  /** First instruction of a CPU that comes up: its idle task. */
  start(): void {
    this.#enter();
    tickSetupSchedTimer(this);
    tickNohzIdleEnter(this);
    this.#leave(true);
  }

  /** Wake a CPU that is offline: soon it runs fn, before it is anything that could be scheduled. @linux arch/x86/kernel/smpboot.c native_kick_ap() */
  kick(fn: () => void): void {
    const s = this.#sched;
    s.sim.post(new SimEvent(this.#reschedIpi.lane, fn), s.sim.now + s.config.costs.ipi);
  }

  /**
   * A CPU that was offline comes up, soon: it starts to tick, runs `starting` with interrupts off, and then its idle loop.
   * @linux arch/x86/kernel/smpboot.c start_secondary()
   */
  startSecondary(starting: () => void): void {
    this.kick(() => {
      this.#enter();
      tickSetupSchedTimer(this);
      starting();
      if (this.rq.curr.needResched) this.#leaveIdle();
      else this.#enterIdle();
      this.#resumeCurrent();
    });
  }

  /**
   * Owe ns of interruptible work: the caller yields POINT next and is resumed when it is done.
   * @param pieceNs length of the pieces it is made of if those end by the clock (udelay); 0 if it is plain work
   */
  owe(ns: number, pieceNs: number): void {
    this.rq.curr.owedNs = ns;
    this.rq.curr.pieceNs = pieceNs;
    this.rq.curr.computes = false;
  }

  /** {@link owe} work that is no loop which waits: a CPU of a serial host does nothing else until it is done. */
  compute(ns: number, pieceNs: number): void {
    this.owe(ns, pieceNs);
    this.rq.curr.computes = true;
  }

  /** Take the current task's work out of time: it does not get on until {@link release}. */
  hold(): void {
    if (!this.#resume.queued || this.rq.curr.owedNs === 0) return;
    const { sim } = this.#sched;
    this.rq.curr.owedNs = Math.max(0, this.#resume.atNs - sim.now);
    this.#interruptedAtNs = sim.now;
    sim.cancel(this.#resume);
    this.held = true;
  }

  /** Undo {@link hold}. */
  release(): void {
    if (!this.held) return;
    this.held = false;
    this.#postResume();
  }

  /** Make this CPU the one whose code runs. Its clock may be ahead of the event that called. */
  #enter(): void {
    const s = this.#sched;
    if (s.sim.now < this.atNs) s.sim.now = this.atNs;
    s.cpu = this.id;
    traceContext(this);
  }

  /** @param paused nothing more to run now: idle, or waiting in a loop */
  #leave(paused: boolean): void {
    const s = this.#sched;
    this.atNs = s.sim.now;
    s.cpu = -1;
    if (s.host !== null) s.host.left(this.id, paused);
  }

  /** The lanes of this CPU's events. */
  get lanes(): readonly number[] {
    return [this.#resume.lane, this.#reschedIpi.lane, this.hrtimers.event.lane];
  }

  /** The current task works off what it owes. */
  get waiting(): boolean {
    return this.rq.curr.owedNs > 0 && this.rq.curr !== this.rq.idle;
  }

  /** The current task works off what it owes, without a pause. */
  get computing(): boolean {
    return this.waiting && this.rq.curr.computes;
  }

  #irqExit(): void {
    const rq = this.rq;
    const curr = rq.curr;
    if (curr === rq.idle) {
      if (curr.needResched) this.#leaveIdle();
      else tickNohzIrqExit(this);
    } else if (curr.needResched) {
      if (curr.inUser) scheduleToUser(rq);
      else preemptScheduleIrq(rq);
      if (rq.curr === rq.idle) this.#enterIdle();
    }
    this.#resumeCurrent();
  }

  #leaveIdle(): void {
    const rq = this.rq;
    tickNohzIdleExit(this);
    this.flushCalls();
    scheduleIdle(rq);
    traceContext(this);
    if (rq.curr === rq.idle) this.#enterIdle();
  }

  /** One turn of the idle loop begins. @linux kernel/sched/idle.c do_idle() */
  #enterIdle(): void {
    const s = this.#sched;
    if (s.onlineMask.has(this.id)) tickNohzIdleEnter(this);
    else s.hooks.cpuIdleDead(this.id);
  }

  /** Go back to the current task, or stay idle; the task first works off what it owes. */
  #resumeCurrent(): void {
    const p = this.rq.curr;
    if (p !== this.rq.idle) this.#postResume();
    this.#leave(p === this.rq.idle || p.owedNs > 0);
  }

  #postResume(): void {
    const sim = this.#sched.sim;
    const p = this.rq.curr;
    if (p.owedNs > 0 && p.pieceNs > 0 && this.#interruptedAtNs > 0) {
      // the piece of a udelay that was interrupted ends by the clock
      p.owedNs -= Math.min(p.owedNs % p.pieceNs, sim.now - this.#interruptedAtNs);
    }
    this.#interruptedAtNs = 0;
    lookAtSignals(p);
    sim.post(this.#resume, sim.now + p.owedNs);
  }

  /** Let the current task go to its next stop. @returns whether its body has ended */
  #step(p: Task): boolean {
    const { sim } = this.#sched;
    try {
      const { done } = p.body!.next();
      if (sim.issuedName !== null) sim.checkIssued();
      return done === true;
    } catch (error) {
      // thrown after the switch to another task: the scheduler is at fault, not the task
      if (this.rq.curr !== p || !this.#sched.hooks.taskOops(p, error)) throw error;
      return false;
    }
  }

  /** Run the current task until it stops at a visible point, or the CPU goes idle. */
  #run(): void {
    const s = this.#sched;
    const sim = s.sim;
    const rq = this.rq;
    this.#enter();
    let p = rq.curr;
    p.owedNs = 0;
    if (sim.explored) sim.touchAgain(p.announced);
    for (;;) {
      const done = this.#step(p);
      if (done && rq.curr === p) {
        throw new UsageError('TASK_RETURNED', { what: `The body of ${p.comm} (pid ${p.pid}) ended without doExit().` });
      }
      p = rq.curr;
      if (p === rq.idle) {
        this.#enterIdle();
        this.#leave(true);
        return;
      }
      if (sim.explored) p.announced = sim.announced();
      lookAtSignals(p);
      if (p.owedNs > 0 || sim.explored || sim.now >= sim.horizon) {
        sim.post(this.#resume, sim.now + p.owedNs);
        this.#leave(p.owedNs > 0);
        return;
      }
    }
  }
}

/** On its way to user mode a task looks at its signals before it goes on to compute. @linux kernel/entry/common.c exit_to_user_mode_loop() */
function lookAtSignals(p: Task): void {
  if (p.tif !== 0 && p.inUser) p.owedNs = 0;
}
