import { POINT, READ, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import { Completion, completeNow, waitForCompletion } from './completion.ts';
import { condResched } from './schedule.ts';
import type { Scheduler } from './scheduler.ts';
import { cpuStopQueueWork } from './stopper.ts';

// what all CPUs do together, one after the other: see MultiStop.state
/** Not begun. */
export const MULTI_STOP_NONE = 0;
/** Every stopper runs. */
export const MULTI_STOP_PREPARE = 1;
/** Every CPU has its interrupts off. */
export const MULTI_STOP_DISABLE_IRQ = 2;
/** One of them calls the function. */
export const MULTI_STOP_RUN = 3;
/** Go on. */
export const MULTI_STOP_EXIT = 4;

/** How long the function takes, in ns. */
const WORK_NS = 400_000;

/**
 * What the stoppers of all CPUs share while the machine stands still. Nobody is in a state before all have acknowledged
 * the one before.
 * @linux kernel/stop_machine.c struct multi_stop_data
 */
export class MultiStop {
  /** MULTI_STOP_* */
  state: number = MULTI_STOP_PREPARE;
  #left: number;

  constructor(readonly nrThreads: number) {
    this.#left = nrThreads;
  }

  /** A CPU has reached the state; the last one brings the next. @linux kernel/stop_machine.c ack_state() */
  ack(): void {
    if (--this.#left > 0) return;
    this.#left = this.nrThreads;
    this.state++;
  }
}

/**
 * Run fn on one CPU while all others spin with interrupts off.
 * @param reached called when a CPU reaches a state, for whoever checks the rule; default: nobody
 * @linux kernel/stop_machine.c stop_machine_cpuslocked()
 */
export function* stopMachine(
  s: Scheduler,
  fn: () => void,
  cpu: number,
  reached: (cpu: number, state: number) => void = nobody,
): MaySleep<void> {
  const done = new Completion('stop_machine');
  const data = new MultiStop(s.onlineMask.weight);
  let left = data.nrThreads;
  for (const other of s.onlineMask) {
    const active = other === cpu ? fn : null;
    const spin = function* (): Step<void> {
      yield* multiCpuStop(s, data, other, active, reached);
      if (--left === 0) completeNow(s, done);
    };
    cpuStopQueueWork(s, other, { fn: nothing, spin, done: null });
  }
  yield* condResched(s);
  yield* waitForCompletion(s, done);
}

/** @param active what this CPU is to do; null: nothing @linux kernel/stop_machine.c multi_cpu_stop() */
function* multiCpuStop(
  s: Scheduler,
  data: MultiStop,
  cpu: number,
  active: (() => void) | null,
  reached: (cpu: number, state: number) => void,
): Step<void> {
  let state = MULTI_STOP_NONE;
  do {
    if (data.state === state) {
      yield* relax(s, data);
      continue;
    }
    if (s.sim.point(data, 'state', WRITE)) yield POINT;
    state = data.state;
    reached(cpu, state);
    if (state === MULTI_STOP_DISABLE_IRQ) s.cpus[cpu]!.localIrqDisable();
    else if (state === MULTI_STOP_RUN && active !== null) {
      s.sim.charge(WORK_NS);
      active();
    }
    data.ack();
  } while (state !== MULTI_STOP_EXIT);
  s.cpus[cpu]!.localIrqEnable();
}

/** @linux kernel/stop_machine.c stop_machine_yield() */
function* relax(s: Scheduler, data: MultiStop): Step<void> {
  if (s.sim.explored) {
    s.sim.relax();
    if (s.sim.point(data, 'state', READ)) yield POINT;
    return;
  }
  s.cpus[s.cpu]!.owe(s.config.costs.spin, 0);
  yield POINT;
}

function nothing(): void {}

function nobody(): void {}
