import { PF_MEMALLOC } from '@kernel-model/scheduler';
import {
  ALLOC_KSWAPD,
  ALLOC_WMARK_HIGH,
  ALLOC_WMARK_LOW,
  __GFP_DIRECT_RECLAIM,
  __GFP_FS,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_RETRY_MAYFAIL,
  currentGfpContext,
  gfpPfmemallocFlags,
  gfpToAllocFlags,
  type AllocContext,
} from './gfp.ts';
import { ZONE_NORMAL, zoneAllows, type Zone } from './zone.ts';

/** Orders up to this one are worth every effort. @linux include/linux/mmzone.h PAGE_ALLOC_COSTLY_ORDER */
export const PAGE_ALLOC_COSTLY_ORDER = 3;
/** Rounds of reclaim without progress before the allocator gives up. @linux mm/page_alloc.c MAX_RECLAIM_RETRIES */
export const MAX_RECLAIM_RETRIES = 16;

/** What an attempt came to. */
export interface AllocOutcome {
  /** The zone that gave the pages, or null. */
  readonly zone: Zone | null;
  /** kswapd was to be woken. */
  readonly wakeKswapd: boolean;
  /** What to do without pages: `reclaim` oneself and try again, or give up, with a warning or without. */
  readonly next: 'done' | 'reclaim' | 'warn' | 'silent';
}

/**
 * One attempt to allocate 2^order pages: above the low marks; else kswapd is woken and the reserves that the caller may
 * use are tried. Takes the pages out of the zone.
 * @param zones by index, lowest first
 * @linux mm/page_alloc.c __alloc_pages()
 */
export function allocPages(
  zones: readonly Zone[],
  gfpMask: number,
  order: number,
  context: AllocContext,
): AllocOutcome {
  const gfp = currentGfpContext(context.task.flags, gfpMask);
  const fast = take(zones, order, ALLOC_WMARK_LOW);
  if (fast !== null) return { zone: fast, wakeKswapd: false, next: 'done' };
  const flags = gfpToAllocFlags(gfp, order, context);
  const wakeKswapd = (flags & ALLOC_KSWAPD) !== 0;
  const reserve = gfpPfmemallocFlags(gfp, context);
  const zone = take(zones, order, flags) ?? (reserve === 0 ? null : take(zones, order, reserve));
  if (zone !== null) return { zone, wakeKswapd, next: 'done' };
  const mayReclaim = (gfp & __GFP_DIRECT_RECLAIM) !== 0 && (context.task.flags & PF_MEMALLOC) === 0;
  if (mayReclaim) return { zone: null, wakeKswapd, next: 'reclaim' };
  return { zone: null, wakeKswapd, next: (gfp & __GFP_NOWARN) !== 0 ? 'silent' : 'warn' };
}

/**
 * The last look before somebody is killed: has another task's victim given back enough?
 * @returns the zone that gave the pages, or null
 * @linux mm/page_alloc.c __alloc_pages_may_oom()
 */
export function allocAboveHigh(zones: readonly Zone[], order: number): Zone | null {
  return take(zones, order, ALLOC_WMARK_HIGH);
}

function take(zones: readonly Zone[], order: number, flags: number): Zone | null {
  for (let i = zones.length - 1; i >= 0; i--) {
    const zone = zones[i]!;
    if (zone.managed === 0 || i > ZONE_NORMAL || !zoneAllows(zone, order, ZONE_NORMAL, flags)) continue;
    zone.freePages -= 2 ** order;
    return zone;
  }
  return null;
}

/**
 * After a round of direct reclaim that did not help.
 * @param idleRounds rounds without progress so far, this one included
 * @returns `retry`, `oom` (kill somebody, then retry) or `fail`
 * @linux mm/page_alloc.c __alloc_pages_slowpath()
 */
export function afterReclaim(gfp: number, order: number, idleRounds: number): 'retry' | 'oom' | 'fail' {
  if ((gfp & __GFP_NORETRY) !== 0) return 'fail';
  const costly = order > PAGE_ALLOC_COSTLY_ORDER;
  if (costly && (gfp & __GFP_RETRY_MAYFAIL) === 0) return 'fail';
  if (idleRounds <= MAX_RECLAIM_RETRIES) return 'retry';
  return costly || (gfp & __GFP_RETRY_MAYFAIL) !== 0 ? 'fail' : 'oom';
}

/** Does the OOM killer really kill for such an allocation? Without __GFP_FS it only lets it try on. @linux mm/oom_kill.c out_of_memory() */
export function oomKills(gfp: number): boolean {
  return (gfp & __GFP_FS) !== 0;
}
