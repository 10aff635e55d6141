import {
  SIGBUS,
  SIGCONT,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
} from './signal-numbers.ts';

/** A set of signals 1 .. 64; signal n is bit n-1. @linux include/uapi/asm-generic/signal.h sigset_t */
export class SigSet {
  /** Signals 1 .. 32. */
  lo = 0;
  /** Signals 33 .. 64. */
  hi = 0;

  /** A set of these signals. */
  static of(...sigs: readonly number[]): SigSet {
    const set = new SigSet();
    for (const sig of sigs) set.add(sig);
    return set;
  }

  /** A set of all 64 signals. */
  static full(): SigSet {
    const set = new SigSet();
    set.lo = set.hi = 0xffffffff;
    return set;
  }

  /** @linux include/linux/signal.h sigismember() */
  has(sig: number): boolean {
    return ((sig <= 32 ? this.lo >>> (sig - 1) : this.hi >>> (sig - 33)) & 1) === 1;
  }

  /** @linux include/linux/signal.h sigaddset() */
  add(sig: number): void {
    if (sig <= 32) this.lo = (this.lo | (1 << (sig - 1))) >>> 0;
    else this.hi = (this.hi | (1 << (sig - 33))) >>> 0;
  }

  /** @linux include/linux/signal.h sigdelset() */
  delete(sig: number): void {
    if (sig <= 32) this.lo = (this.lo & ~(1 << (sig - 1))) >>> 0;
    else this.hi = (this.hi & ~(1 << (sig - 33))) >>> 0;
  }

  /** @linux include/linux/signal.h sigemptyset() */
  clear(): void {
    this.lo = this.hi = 0;
  }

  /** Become equal to the other. */
  assign(other: SigSet): void {
    this.lo = other.lo;
    this.hi = other.hi;
  }

  /** Add every signal of the other. */
  addAll(other: SigSet): void {
    this.lo = (this.lo | other.lo) >>> 0;
    this.hi = (this.hi | other.hi) >>> 0;
  }

  /** Remove every signal of the other. @linux include/linux/signal.h sigandnsets() */
  deleteAll(other: SigSet): void {
    this.lo = (this.lo & ~other.lo) >>> 0;
    this.hi = (this.hi & ~other.hi) >>> 0;
  }

  /** Keep what is in the other too. @linux include/linux/signal.h sigandsets() */
  retainAll(other: SigSet): void {
    this.lo = (this.lo & other.lo) >>> 0;
    this.hi = (this.hi & other.hi) >>> 0;
  }

  /** Is there a signal in this set that is not in the other? @linux kernel/signal.c has_pending_signals() */
  hasOutside(other: SigSet): boolean {
    return ((this.lo & ~other.lo) | (this.hi & ~other.hi)) !== 0;
  }

  /** The lowest signal that is not in the mask, synchronous ones first; 0 if there is none. @linux kernel/signal.c next_signal() */
  nextSignal(mask: SigSet): number {
    let lo = this.lo & ~mask.lo;
    if ((lo & SYNCHRONOUS.lo) !== 0) lo &= SYNCHRONOUS.lo;
    if (lo !== 0) return lowestBit(lo) + 1;
    const hi = this.hi & ~mask.hi;
    return hi === 0 ? 0 : lowestBit(hi) + 33;
  }

  /** No signal at all? */
  get empty(): boolean {
    return (this.lo | this.hi) === 0;
  }

  /** The signals, ascending. */
  toArray(): number[] {
    const sigs: number[] = [];
    for (let sig = 1; sig <= 64; sig++) if (this.has(sig)) sigs.push(sig);
    return sigs;
  }

  /** 16 hexadecimal digits, as in /proc/PID/status. @linux fs/proc/array.c render_sigset_t() */
  toString(): string {
    return this.hi.toString(16).padStart(8, '0') + this.lo.toString(16).padStart(8, '0');
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Signals that an instruction of the task itself raises. @linux kernel/signal.c SYNCHRONOUS_MASK */
export const SYNCHRONOUS: Readonly<SigSet> = SigSet.of(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS);
/** @linux include/linux/signal.h SIG_KERNEL_STOP_MASK */
export const STOP_SIGNALS: Readonly<SigSet> = SigSet.of(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU);
/** SIGCONT alone. */
export const CONT_SIGNAL: Readonly<SigSet> = SigSet.of(SIGCONT);
