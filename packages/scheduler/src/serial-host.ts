import type { Arbiter, SimEvent } from '@kernel-model/sim';
import type { Scheduler } from './scheduler.ts';

/** No CPU's code is running. */
const NONE = -1;

/**
 * The CPUs of an emulator that runs them in one thread, as QEMU did for the recorded traces: a CPU goes on until it
 * idles, waits in a loop, or any timer fires, and only then the next one in turn sees what was sent to it. A CPU's own
 * interrupts come in between. While one computes, nobody else gets on.
 */
export class SerialHost implements Arbiter {
  readonly #sched: Scheduler;
  readonly #cpuOfLane: number[] = [];
  readonly #isTimer: boolean[] = [];
  /** The CPU whose code is running and has not come to a pause. */
  #running = NONE;
  /** The CPU that computes. */
  #computing = NONE;
  /** Where the next turn starts looking. */
  #next = 0;

  constructor(s: Scheduler) {
    this.#sched = s;
    for (const cpu of s.cpus) {
      for (const lane of cpu.lanes) this.#cpuOfLane[lane] = cpu.id;
      this.#isTimer[cpu.hrtimers.event.lane] = true;
    }
  }

  /** A CPU stops for now. @param paused it idles or waits; else only an event is due, which may be its own */
  left(cpu: number, paused: boolean): void {
    this.#running = paused ? NONE : cpu;
    if (paused) this.#next = cpu + 1;
    if (this.#sched.cpus[cpu]!.computing) this.#letCompute(cpu);
    else if (this.#computing === cpu) this.#computing = NONE;
  }

  /** The turn after a pause of all goes to the first CPU, or to the one after the CPU that was waiting in a loop. */
  advanced(): void {
    const { cpus } = this.#sched;
    const last = cpus[this.#next - 1];
    if (last?.waiting === true) return;
    this.#next = 0;
    for (const cpu of cpus) if (cpu.waiting) this.#next = cpu.id + 1;
  }

  pick(due: readonly SimEvent[]): number {
    if (this.#computing !== NONE) {
      const own = due.findIndex((ev) => this.#cpuOfLane[ev.lane] === this.#computing);
      if (own >= 0) return own;
      if (!due.some((ev) => this.#isTimer[ev.lane])) return -1;
      this.#sched.cpus[this.#computing]!.hold();
      this.#next = this.#computing + 1;
      this.#computing = NONE;
    }
    return this.#inTurn(due);
  }

  /** Nobody has anything to do now: who was held goes on, one if it computes, otherwise all. */
  settle(): void {
    if (this.#computing !== NONE) return;
    const { cpus } = this.#sched;
    const n = cpus.length;
    for (let i = 0; i < n; i++) {
      const cpu = cpus[(this.#next + i) % n]!;
      if (!cpu.held || !cpu.computing) continue;
      cpu.release();
      this.#letCompute(cpu.id);
      return;
    }
    for (const cpu of cpus) cpu.release();
  }

  #letCompute(id: number): void {
    this.#computing = id;
    for (const cpu of this.#sched.cpus) if (cpu.id !== id) cpu.hold();
  }

  #inTurn(due: readonly SimEvent[]): number {
    const n = this.#sched.nrCpus;
    let best = 0;
    let bestTurn = Infinity;
    for (let i = 0; i < due.length; i++) {
      const cpu = this.#cpuOfLane[due[i]!.lane] ?? 0;
      if (cpu === this.#running) return i;
      const turn = (cpu - this.#next + 2 * n) % n;
      if (turn < bestTurn) {
        best = i;
        bestTurn = turn;
      }
    }
    return best;
  }
}
