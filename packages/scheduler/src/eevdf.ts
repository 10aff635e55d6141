import { TICK_NSEC } from './constants.ts';
import { calcDeltaFair } from './load-weight.ts';
import type { CfsRq } from './rq.ts';
import type { SchedEntity } from './sched-entity.ts';

/** Put a queued entity into the timeline. @linux kernel/sched/fair.c __enqueue_entity() */
export function timelineEnqueue(cfs: CfsRq, se: SchedEntity): void {
  cfs.timeline.insert(se);
  cfs.avgLoad += se.load.weight;
  addToSum(cfs, (se.vruntime - cfs.zeroVruntime) * se.load.weight);
}

/** Take an entity out of the timeline. @linux kernel/sched/fair.c __dequeue_entity() */
export function timelineDequeue(cfs: CfsRq, se: SchedEntity): void {
  cfs.timeline.remove(se);
  cfs.avgLoad -= se.load.weight;
  addToSum(cfs, -(se.vruntime - cfs.zeroVruntime) * se.load.weight);
}

/**
 * The weighted average V of the virtual runtimes, rounded down: an entity at V is eligible. Moves the reference point
 * of the queue to V.
 * @linux kernel/sched/fair.c avg_vruntime()
 */
export function avgVruntime(cfs: CfsRq): number {
  const curr = cfs.curr !== null && cfs.curr.onRq ? cfs.curr : null;
  let delta = 0;
  if (cfs.avgLoad !== 0) {
    let sum = cfs.avgVruntime;
    let load = cfs.avgLoad;
    if (curr !== null) {
      sum += (curr.vruntime - cfs.zeroVruntime) * curr.load.weight;
      load += curr.load.weight;
    }
    delta = Math.floor(sum / load);
  } else if (curr !== null) {
    delta = curr.vruntime - cfs.zeroVruntime;
  }
  cfs.zeroVruntime += delta;
  addToSum(cfs, -cfs.avgLoad * delta);
  return cfs.zeroVruntime;
}

/**
 * Has an entity at this vruntime received no more service than it ought to have? Compared without division: a product
 * beyond 2^53 is inexact, but then far larger than the sum it is held against.
 * @linux kernel/sched/fair.c vruntime_eligible()
 */
export function vruntimeEligible(cfs: CfsRq, vruntime: number): boolean {
  let sum = cfs.avgVruntime;
  let load = cfs.avgLoad;
  const curr = cfs.curr;
  if (curr !== null && curr.onRq) {
    sum += (curr.vruntime - cfs.zeroVruntime) * curr.load.weight;
    load += curr.load.weight;
  }
  return sum >= (vruntime - cfs.zeroVruntime) * load;
}

/** Is lag >= 0? @linux kernel/sched/fair.c entity_eligible() */
export function entityEligible(cfs: CfsRq, se: SchedEntity): boolean {
  return vruntimeEligible(cfs, se.vruntime);
}

/** Save the lag V - v of an entity in virtual ns, limited to two slices or one tick. @linux kernel/sched/fair.c update_entity_lag() */
export function updateEntityLag(cfs: CfsRq, se: SchedEntity): void {
  const lag = avgVruntime(cfs) - se.vruntime;
  const limit = calcDeltaFair(Math.max(2 * se.slice, TICK_NSEC), se.load);
  se.vlag = Math.max(-limit, Math.min(limit, lag));
}

/** A picked entity keeps the CPU until its deadline is renewed, as long as it is eligible. @linux kernel/sched/fair.c set_protect_slice() */
export function setProtectSlice(se: SchedEntity): void {
  se.vlag = se.deadline;
}

/** See {@link setProtectSlice}. @linux kernel/sched/fair.c protect_slice() */
export function protectSlice(se: SchedEntity): boolean {
  return se.vlag === se.deadline;
}

/** See {@link setProtectSlice}. @linux kernel/sched/fair.c cancel_protect_slice() */
export function cancelProtectSlice(se: SchedEntity): void {
  if (protectSlice(se)) se.vlag = se.deadline + 1;
}

/**
 * The earliest deadline among the eligible entities, the current one included. At least one entity must be queued.
 * @linux kernel/sched/fair.c pick_eevdf()
 */
export function pickEevdf(cfs: CfsRq): SchedEntity {
  let curr = cfs.curr !== null && cfs.curr.onRq ? cfs.curr : null;
  if (cfs.nrRunning === 1) return curr ?? cfs.timeline.root!;
  // vruntimeEligible(), with what is the same for all entities worked out once
  const zero = cfs.zeroVruntime;
  let sum = cfs.avgVruntime;
  let load = cfs.avgLoad;
  if (curr !== null) {
    const key = curr.vruntime - zero;
    const { weight } = curr.load;
    sum += key * weight;
    load += weight;
    if (sum < key * load) curr = null;
    else if (protectSlice(curr)) return curr;
  }

  let node = cfs.timeline.root;
  let best: SchedEntity | null = null;
  while (node !== null) {
    // Eligible entities of the left subtree are better choices: their deadlines are earlier.
    const left: SchedEntity | null = node.treeLeft;
    if (left !== null && sum >= (left.minVruntime - zero) * load) {
      node = left;
      continue;
    }
    if (sum >= (node.vruntime - zero) * load) {
      best = node;
      break;
    }
    node = node.treeRight;
  }
  if (best === null || (curr !== null && curr.deadline < best.deadline)) best = curr;
  // Somebody is always eligible, except by the rounding of a sum beyond 2^53.
  return best ?? cfs.timeline.first()!;
}

/**
 * Give an entity that joins the queue its vruntime and deadline: the lag that it left with, inflated because its own
 * arrival moves the average.
 * @param baseSlice default slice of the machine in ns
 * @param initial the task is new: half a slice
 * @linux kernel/sched/fair.c place_entity()
 */
export function placeEntity(cfs: CfsRq, se: SchedEntity, baseSlice: number, initial: boolean): void {
  const v = avgVruntime(cfs);
  if (!se.customSlice) se.slice = baseSlice;
  let lag = 0;
  if (cfs.nrRunning !== 0) {
    let load = cfs.avgLoad;
    if (cfs.curr !== null && cfs.curr.onRq) load += cfs.curr.load.weight;
    lag = divTrunc(se.vlag * (load + se.load.weight), load, se.vlag, load + se.load.weight);
  }
  se.vruntime = v - lag;
  if (se.relDeadline) {
    se.deadline += se.vruntime;
    se.relDeadline = false;
    return;
  }
  const vslice = calcDeltaFair(se.slice, se.load);
  se.deadline = se.vruntime + (initial ? Math.floor(vslice / 2) : vslice);
}

/**
 * Renew the deadline of the current entity if it has used up its slice.
 * @returns whether it had
 * @linux kernel/sched/fair.c update_deadline()
 */
export function updateDeadline(cfs: CfsRq, se: SchedEntity, baseSlice: number): boolean {
  if (se.vruntime < se.deadline) return false;
  if (!se.customSlice) se.slice = baseSlice;
  se.deadline = se.vruntime + calcDeltaFair(se.slice, se.load);
  avgVruntime(cfs);
  return true;
}

/**
 * Change the sum of (vruntime - zeroVruntime) * weight; the timeline has changed already. A nice -20 task that joins a
 * SCHED_IDLE one can be placed so far away that its product is beyond 2^53: when it is over, the sum is counted anew.
 */
function addToSum(cfs: CfsRq, part: number): void {
  const before = cfs.avgVruntime;
  cfs.avgVruntime = before + part;
  if (Math.abs(before) <= Number.MAX_SAFE_INTEGER && Math.abs(part) <= Number.MAX_SAFE_INTEGER) return;
  let sum = 0;
  for (const se of cfs.timeline) sum += (se.vruntime - cfs.zeroVruntime) * se.load.weight;
  cfs.avgVruntime = sum;
}

/** product / divisor, towards zero; a and b are the factors, for the case that their product is not a safe integer. */
function divTrunc(product: number, divisor: number, a: number, b: number): number {
  if (Number.isSafeInteger(product)) return Math.trunc(product / divisor);
  return Number((BigInt(a) * BigInt(b)) / BigInt(divisor));
}
