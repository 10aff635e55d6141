import { UsageError, type Step } from '@kernel-model/sim';
import { busy, type Scheduler } from '@kernel-model/scheduler';
import type { SoftlockupDetector } from './softlockup.ts';

/** Rounds of loops that take no time, since time passed last. */
const FREE_ROUNDS = 100_000;
/** A loop that goes on takes so much CPU time, in us, for so many rounds. */
const SPIN_US = 1000;
const SPIN_ROUNDS = 100;
/** So often does a plain function get {@link FREE_ROUNDS}: it cannot be made to take time, so it is killed in the end. */
const PLAIN_TURNS = 300;

/** What a guard wants to know of a machine. */
export interface GuardedMachine {
  readonly s: Scheduler;
  /** Is told who keeps a CPU. */
  readonly softlockup: SoftlockupDetector;
}

/**
 * Keeps a loop that never calls the kernel from stopping the simulation, in code that `guardLoops()` has prepared: each
 * round of a loop counts {@link left} down. At 0, a loop of a generator begins to use CPU time, as it would on a real
 * machine, where it keeps its CPU until somebody preempts it or the soft-lockup watchdog complains. A loop of another
 * function cannot be interrupted: what runs it is killed by an oops, later.
 */
export class LoopGuard {
  /** Rounds until the guard looks at the clock. */
  left: number = FREE_ROUNDS;
  readonly #machines: GuardedMachine[] = [];
  #turns = 0;
  /** When and where a loop used up its free rounds last. */
  #atNs = -1;
  #on: Scheduler | null = null;

  /** From now on the code may run there. */
  attach(m: GuardedMachine): void {
    this.#machines.push(m);
  }

  /** The end of {@link attach}. */
  detach(m: GuardedMachine): void {
    const at = this.#machines.lastIndexOf(m);
    if (at >= 0) this.#machines.splice(at, 1);
  }

  /** Give the next code all its rounds: before a module is evaluated. */
  reset(): void {
    this.left = FREE_ROUNDS;
    this.#turns = 0;
    this.#on = null;
  }

  /** A generator's loop has no rounds left. Takes CPU time if no time has passed since the last call. */
  *spin(): Step<void> {
    const m = this.#running();
    if (m === null || m.s.sim.explored || inInterrupt(m.s)) {
      this.over();
      return;
    }
    const { s } = m;
    if (this.#progress(s)) {
      this.left = FREE_ROUNDS;
      return;
    }
    m.softlockup.spins();
    yield* busy(s, SPIN_US);
    this.#progress(s);
    this.left = SPIN_ROUNDS;
  }

  /** A plain function's loop has no rounds left. @throws UsageError SOFT_LOCKUP in the end */
  over(): void {
    const m = this.#running();
    if (this.#progress(m?.s ?? null)) this.#turns = 0;
    if (++this.#turns < PLAIN_TURNS) {
      this.left = FREE_ROUNDS;
      return;
    }
    // a further round fails at once, so that nobody catches this and goes on
    this.left = 0;
    if (m === null) throw new UsageError('SOFT_LOCKUP', { what: 'a loop does not end' });
    const { cpu, current: p } = m.s;
    throw new UsageError('SOFT_LOCKUP', {
      what: `soft lockup - CPU#${cpu} stuck in a loop without end! [${p.comm}:${p.pid}]`,
    });
  }

  /** @returns whether time has passed since the last call */
  #progress(s: Scheduler | null): boolean {
    const now = s?.sim.now ?? 0;
    const same = this.#on === s && this.#atNs === now;
    this.#on = s;
    this.#atNs = now;
    return !same;
  }

  /** The machine that runs the code: the one in which a CPU is in the middle of a step. */
  #running(): GuardedMachine | null {
    return this.#machines.findLast(({ s }) => s.cpu >= 0) ?? null;
  }
}

function inInterrupt(s: Scheduler): boolean {
  const cpu = s.cpus[s.cpu]!;
  return cpu.hardirq > 0 || cpu.inSoftirq;
}
