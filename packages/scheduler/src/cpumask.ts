/** An immutable set of CPUs 0 .. 63. */
export class Cpumask {
  /**
   * @param lo bits of CPUs 0 .. 31
   * @param hi bits of CPUs 32 .. 63
   */
  constructor(
    readonly lo: number,
    readonly hi: number = 0,
  ) {}

  /** The empty set. */
  static readonly NONE: Cpumask = new Cpumask(0, 0);

  /** The set of one CPU. */
  static of(cpu: number): Cpumask {
    return cpu < 32 ? new Cpumask((1 << cpu) >>> 0, 0) : new Cpumask(0, (1 << (cpu - 32)) >>> 0);
  }

  /** The set of CPUs 0 .. n-1; n is 0 .. 64. */
  static first(n: number): Cpumask {
    const low = (k: number): number => (k >= 32 ? 0xffffffff : ((1 << k) - 1) >>> 0);
    return new Cpumask(low(Math.min(n, 32)), low(Math.max(0, n - 32)));
  }

  /** The set whose bit pattern is the integer bits, below 2^53. */
  static fromBits(bits: number): Cpumask {
    return new Cpumask((bits % 0x1_0000_0000) >>> 0, Math.floor(bits / 0x1_0000_0000) >>> 0);
  }

  /** Is the CPU in the set? */
  has(cpu: number): boolean {
    return ((cpu < 32 ? this.lo >>> cpu : this.hi >>> (cpu - 32)) & 1) === 1;
  }

  /** Intersection. */
  and(other: Cpumask): Cpumask {
    return new Cpumask((this.lo & other.lo) >>> 0, (this.hi & other.hi) >>> 0);
  }

  /** Union. */
  or(other: Cpumask): Cpumask {
    return new Cpumask((this.lo | other.lo) >>> 0, (this.hi | other.hi) >>> 0);
  }

  /** This set without the CPUs of the other. */
  andNot(other: Cpumask): Cpumask {
    return new Cpumask((this.lo & ~other.lo) >>> 0, (this.hi & ~other.hi) >>> 0);
  }

  /** Same CPUs? */
  equals(other: Cpumask): boolean {
    return this.lo === other.lo && this.hi === other.hi;
  }

  /** Is every CPU of this set in the other? */
  subsetOf(other: Cpumask): boolean {
    return (this.lo & ~other.lo) === 0 && (this.hi & ~other.hi) === 0;
  }

  /** No CPU at all? */
  get empty(): boolean {
    return (this.lo | this.hi) === 0;
  }

  /** Number of CPUs. */
  get weight(): number {
    return popcount(this.lo) + popcount(this.hi);
  }

  /** The lowest CPU >= from, or -1. */
  next(from: number): number {
    if (from < 32) {
      const low = from <= 0 ? this.lo : this.lo & (-1 << from);
      if (low !== 0) return 31 - Math.clz32(low & -low);
    }
    const high = from <= 32 ? this.hi : from < 64 ? this.hi & (-1 << (from - 32)) : 0;
    return high === 0 ? -1 : 63 - Math.clz32(high & -high);
  }

  /** The lowest CPU >= from; after the highest, the search goes on at 0. -1 if the set is empty. */
  nextWrap(from: number): number {
    const cpu = this.next(from);
    return cpu >= 0 ? cpu : this.next(0);
  }

  /** The lowest CPU, or -1. */
  get lowest(): number {
    return this.next(0);
  }

  /** The CPUs, ascending. */
  *[Symbol.iterator](): Generator<number, void, void> {
    for (let cpu = this.next(0); cpu >= 0; cpu = this.next(cpu + 1)) yield cpu;
  }
}

function popcount(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
