import { TimerBucket, type TimerList } from './timer-list.ts';

/** Levels of the wheel. Level n has buckets of 8^n jiffies. */
export const LVL_DEPTH = 9;
/** Buckets a level. */
export const LVL_SIZE = 64;
/** Expiry of a base without timers, seen from its clock. */
export const NEXT_TIMER_MAX_DELTA: number = 2 ** 30 - 1;

const LVL_CLK_DIV = 8;
/** Jiffies a bucket, by level. */
const LVL_GRAN: readonly number[] = Array.from({ length: LVL_DEPTH }, (_, lvl) => 2 ** (3 * lvl));
/** Distance from which on a timer is beyond the level: the last bucket is kept free for rounding up. */
const LVL_END: readonly number[] = LVL_GRAN.map((gran) => (LVL_SIZE - 1) * gran);
/** Distances from here on are cut down to the capacity of the wheel. */
const WHEEL_TIMEOUT_CUTOFF = LVL_END[LVL_DEPTH - 1]!;
const WHEEL_TIMEOUT_MAX = WHEEL_TIMEOUT_CUTOFF - LVL_GRAN[LVL_DEPTH - 1]!;

/**
 * The timers of one kind on one CPU: a hierarchical wheel that rounds expiry up to the granularity of the level, which
 * the distance at the time of arming decides. Nothing ever cascades.
 * @linux kernel/time/timer.c struct timer_base
 */
export class TimerBase {
  readonly cpu: number;
  /** Clock of the wheel in jiffies: the next jiffy to look at. It may lag behind. */
  clk: number;
  /** Jiffy at which the first bucket expires; not to be trusted while {@link nextExpiryRecalc} is set. */
  nextExpiry: number;
  nextExpiryRecalc = false;
  /** Does any timer wait here? See {@link nextExpiryRecalc}. */
  timersPending = false;
  /** The tick of the CPU is stopped, so that it must be told of a new first timer. Local base only. */
  isIdle = false;
  /** The timer whose function runs now. */
  runningTimer: TimerList | null = null;
  /** A bit for each bucket in use, two words a level. */
  readonly pendingMap: Int32Array = new Int32Array(2 * LVL_DEPTH);
  /** As long as the last bucket that was ever in use asks for. */
  readonly vectors: (TimerBucket | null)[] = [];

  constructor(cpu: number, jiffies: number) {
    this.cpu = cpu;
    this.clk = jiffies;
    this.nextExpiry = jiffies + NEXT_TIMER_MAX_DELTA;
  }
}

/**
 * The level at which a timer is queued.
 * @param expires jiffy for which it is asked
 * @param clk clock of the base
 * @returns 0 .. 8; -1 for a timer that is overdue: it goes into the bucket that expires next
 * @linux kernel/time/timer.c calc_wheel_index()
 */
export function wheelLevel(expires: number, clk: number): number {
  const delta = expires - clk;
  if (delta < 0) return -1;
  for (let lvl = 0; lvl < LVL_DEPTH - 1; lvl++) if (delta < LVL_END[lvl]!) return lvl;
  return LVL_DEPTH - 1;
}

/**
 * The jiffy at which a timer really expires: the end of a whole granule of its level after the one that is asked for.
 * @linux kernel/time/timer.c calc_index()
 */
export function wheelExpiry(expires: number, clk: number): number {
  const lvl = wheelLevel(expires, clk);
  if (lvl < 0) return clk;
  const reached = expires - clk >= WHEEL_TIMEOUT_CUTOFF ? clk + WHEEL_TIMEOUT_MAX : expires;
  const gran = LVL_GRAN[lvl]!;
  return (Math.floor(reached / gran) + 1) * gran;
}

/** Index of the bucket of a level (-1: overdue) that expires at a jiffy. */
export function wheelIndex(lvl: number, bucketExpiry: number): number {
  return lvl < 0 ? bucketExpiry % LVL_SIZE : lvl * LVL_SIZE + (Math.floor(bucketExpiry / LVL_GRAN[lvl]!) % LVL_SIZE);
}

/** Put a timer into a bucket of the wheel, before those that are there. @linux kernel/time/timer.c enqueue_timer() */
export function wheelInsert(base: TimerBase, timer: TimerList, idx: number): void {
  const bucket = (base.vectors[idx] ??= new TimerBucket());
  timer.bucket = bucket;
  timer.idx = idx;
  timer.prev = null;
  timer.next = bucket.first;
  if (bucket.first !== null) bucket.first.prev = timer;
  bucket.first = timer;
  base.pendingMap[idx >> 5]! |= 1 << (idx & 31);
}

/**
 * Take a timer out of its bucket, which may have been collected already.
 * @returns whether the wheel lost the last timer of a bucket, so that its first expiry may be another
 * @linux kernel/time/timer.c detach_if_pending()
 */
export function wheelRemove(base: TimerBase, timer: TimerList): boolean {
  const { bucket, idx } = timer;
  detachTimer(timer);
  if (bucket!.first !== null || base.vectors[idx] !== bucket) return false;
  base.pendingMap[idx >> 5]! &= ~(1 << (idx & 31));
  return true;
}

/** Unlink a timer from its bucket. @linux kernel/time/timer.c detach_timer() */
export function detachTimer(timer: TimerList): void {
  const { next, prev } = timer;
  if (next !== null) next.prev = prev;
  if (prev !== null) prev.next = next;
  else timer.bucket!.first = next;
  timer.bucket = timer.next = timer.prev = null;
}

/** Move the clock of a base up to the jiffy, or to its first expiry if that is earlier. @linux kernel/time/timer.c __forward_timer_base() */
export function forwardTimerBase(base: TimerBase, jiffies: number): void {
  if (jiffies <= base.clk) return;
  base.clk = base.nextExpiry > jiffies ? jiffies : Math.max(base.clk, base.nextExpiry);
}

/**
 * Take the buckets that expire at the base's first expiry out of the wheel.
 * @param out filled with the buckets, lowest level first
 * @linux kernel/time/timer.c collect_expired_timers()
 */
export function collectExpiredTimers(base: TimerBase, out: TimerBucket[]): void {
  base.clk = base.nextExpiry;
  let clk = base.clk;
  for (let lvl = 0; lvl < LVL_DEPTH; lvl++) {
    const idx = lvl * LVL_SIZE + (clk % LVL_SIZE);
    const bit = 1 << (idx & 31);
    if ((base.pendingMap[idx >> 5]! & bit) !== 0) {
      base.pendingMap[idx >> 5]! &= ~bit;
      out.push(base.vectors[idx]!);
      base.vectors[idx] = null;
    }
    if (clk % LVL_CLK_DIV !== 0) return;
    clk = clk / LVL_CLK_DIV;
  }
}

/** Find the base's first expiry. @linux kernel/time/timer.c timer_recalc_next_expiry() */
export function recalcNextExpiry(base: TimerBase): void {
  let next = base.clk + NEXT_TIMER_MAX_DELTA;
  let pending = false;
  let clk = base.clk;
  for (let lvl = 0; lvl < LVL_DEPTH; lvl++) {
    const pos = nextPendingBucket(base, lvl, clk % LVL_SIZE);
    const levelClk = clk % LVL_CLK_DIV;
    if (pos >= 0) {
      const at = (clk + pos) * LVL_GRAN[lvl]!;
      if (at < next) {
        next = at;
        pending = true;
      }
      // expires before the next level moves: what is further up comes later
      if (pos <= (LVL_CLK_DIV - levelClk) % LVL_CLK_DIV) break;
    }
    // a level whose clock stands between two ticks of the next level looks at the bucket that comes next there
    clk = Math.floor(clk / LVL_CLK_DIV) + (levelClk === 0 ? 0 : 1);
  }
  base.nextExpiry = next;
  base.nextExpiryRecalc = false;
  base.timersPending = pending;
}

/** @returns distance of the first bucket in use from `from`, around the level; -1 if there is none @linux kernel/time/timer.c next_pending_bucket() */
function nextPendingBucket(base: TimerBase, lvl: number, from: number): number {
  const lo = base.pendingMap[2 * lvl]!;
  const hi = base.pendingMap[2 * lvl + 1]!;
  if ((lo | hi) === 0) return -1;
  const ahead = nextBit(lo, hi, from);
  return ahead >= 0 ? ahead - from : nextBit(lo, hi, 0) + LVL_SIZE - from;
}

/** @returns the first bit of a pair of words at or after from, -1 if there is none */
function nextBit(lo: number, hi: number, from: number): number {
  if (from < 32) {
    const low = lo & (-1 << from);
    if (low !== 0) return 31 - Math.clz32(low & -low);
  }
  const high = from > 32 ? hi & (-1 << (from - 32)) : hi;
  return high === 0 ? -1 : 63 - Math.clz32(high & -high);
}
