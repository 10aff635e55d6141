import {
  ALLOC_HIGHATOMIC,
  ALLOC_MIN_RESERVE,
  ALLOC_NON_BLOCK,
  ALLOC_NO_WATERMARKS,
  ALLOC_OOM,
  ALLOC_RESERVES,
} from './gfp.ts';

/** Kinds of memory. The lower, the more devices reach it. @linux include/linux/mmzone.h enum zone_type */
export const ZONE_DMA = 0;
/** Below 4 GiB. */
export const ZONE_DMA32 = 1;
/** All other memory. */
export const ZONE_NORMAL = 2;
/** Memory for movable pages alone. */
export const ZONE_MOVABLE = 3;
/** Number of kinds. */
export const MAX_NR_ZONES = 4;

/** Indexes of {@link Zone.watermark}. */
export const WMARK_MIN = 0;
/** Below it, kswapd is woken. */
export const WMARK_LOW = 1;
/** Above it, kswapd sleeps again. */
export const WMARK_HIGH = 2;
/** Above it, pages of slower memory may move in. */
export const WMARK_PROMO = 3;

/** Orders that the allocator has: 0 .. 10. */
export const NR_PAGE_ORDERS = 11;
/** Pages of a block of one mobility: 2 MiB. */
const PAGEBLOCK_NR_PAGES = 512;
const SWAP_CLUSTER_MAX = 32;
/** Kinds of pages by how they can be moved: three. @linux include/linux/mmzone.h */
const MIGRATE_PCPTYPES = 3;
/** Of a zone, kept from allocations that could use a higher one: 1 page in so many of the higher ones. @linux mm/page_alloc.c sysctl_lowmem_reserve_ratio */
export const LOWMEM_RESERVE_RATIO: readonly number[] = [256, 256, 32, 0];

/** A part of the memory. Quantities are pages. @linux include/linux/mmzone.h struct zone */
export class Zone {
  freePages: number;
  /** Free blocks of each order that the allocation's kind of memory may use; null counts any order as there. */
  freeArea: number[] | null = null;
  /** min, low, high, promo; without boost. */
  readonly watermark: number[] = [0, 0, 0, 0];
  /** Added to each watermark until kswapd has run. */
  watermarkBoost = 0;
  /** Kept free from allocations that could also use the zone of this index. */
  readonly lowmemReserve: number[] = [0, 0, 0, 0];
  /** Free pages that are reserved for GFP_ATOMIC of higher orders. */
  nrFreeHighatomic = 0;

  /**
   * @param index ZONE_*
   * @param managed pages that the allocator has
   */
  constructor(
    readonly name: string,
    readonly index: number,
    readonly managed: number,
  ) {
    this.freePages = managed;
  }
}

/** A watermark with its boost. @param mark WMARK_* @linux include/linux/mmzone.h wmark_pages() */
export function wmarkPages(zone: Zone, mark: number): number {
  return zone.watermark[mark]! + zone.watermarkBoost;
}

/** The zones of an x86-64 machine with so many pages, watermarks set. */
export function zonesOf(nrPages: number): Zone[] {
  const dma = Math.min(nrPages, 3840);
  const dma32 = Math.min(nrPages - dma, 1_044_480);
  const zones = [
    new Zone('DMA', ZONE_DMA, dma),
    new Zone('DMA32', ZONE_DMA32, dma32),
    new Zone('Normal', ZONE_NORMAL, nrPages - dma - dma32),
    new Zone('Movable', ZONE_MOVABLE, 0),
  ];
  setupPerZoneWmarks(zones, calculateMinFreeKbytes(nrPages));
  setupPerZoneLowmemReserve(zones);
  return zones;
}

/** How much memory shall stay free: it grows with the root of the memory's size. @returns KiB @linux mm/page_alloc.c calculate_min_free_kbytes() */
export function calculateMinFreeKbytes(nrPages: number): number {
  const kbytes = Math.floor(Math.sqrt(nrPages * 4 * 16));
  return Math.min(Math.max(kbytes, 128), 262_144);
}

/**
 * Huge pages need whole blocks: khugepaged, when it starts, has more memory kept free, so that kinds of pages do not mix.
 * @returns KiB; at most 5 % of the memory
 * @linux mm/khugepaged.c set_recommended_min_free_kbytes()
 */
export function recommendedMinFreeKbytes(zones: readonly Zone[]): number {
  let populated = 0;
  let lowmem = 0;
  for (const zone of zones) {
    if (zone.index === ZONE_MOVABLE || zone.managed === 0) continue;
    populated++;
    lowmem += Math.max(zone.managed - wmarkPages(zone, WMARK_HIGH), 0);
  }
  const pages = PAGEBLOCK_NR_PAGES * populated * (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES);
  return Math.min(pages, Math.floor(lowmem / 20)) * 4;
}

/**
 * Divide the free memory that shall be kept among zones, and set their marks.
 * @param scaleFactor distance between marks, in 1/10000 of the zone. @linux vm.watermark_scale_factor
 * @linux mm/page_alloc.c __setup_per_zone_wmarks()
 */
export function setupPerZoneWmarks(zones: readonly Zone[], minFreeKbytes: number, scaleFactor = 10): void {
  const pagesMin = Math.floor(minFreeKbytes / 4);
  let lowmem = 0;
  for (const zone of zones) if (zone.index !== ZONE_MOVABLE) lowmem += zone.managed;
  for (const zone of zones) {
    const share = lowmem === 0 ? 0 : Math.floor((pagesMin * zone.managed) / lowmem);
    const capped = Math.min(Math.max(Math.floor(zone.managed / 1024), SWAP_CLUSTER_MAX), 128);
    const min = zone.index === ZONE_MOVABLE ? capped : share;
    const distance = Math.max(Math.floor(share / 4), Math.floor((zone.managed * scaleFactor) / 10_000));
    zone.watermarkBoost = 0;
    for (let mark = WMARK_MIN; mark <= WMARK_PROMO; mark++) zone.watermark[mark] = min + mark * distance;
  }
}

/** Keep a part of each zone from allocations that do not need it. @linux mm/page_alloc.c setup_per_zone_lowmem_reserve() */
export function setupPerZoneLowmemReserve(zones: readonly Zone[]): void {
  for (let i = 0; i < zones.length - 1; i++) {
    const zone = zones[i]!;
    const ratio = LOWMEM_RESERVE_RATIO[i]!;
    let above = 0;
    for (let j = i + 1; j < zones.length; j++) {
      above += zones[j]!.managed;
      zone.lowmemReserve[j] = ratio === 0 || zone.managed === 0 ? 0 : Math.floor(above / ratio);
    }
  }
}

/**
 * Would the zone stay above a mark? Free pages must be more than the mark, not equal.
 * @param mark pages, see {@link wmarkPages}
 * @param highestZone the highest zone that the allocation could use
 * @param flags ALLOC_*
 * @linux mm/page_alloc.c __zone_watermark_ok()
 */
export function zoneWatermarkOk(zone: Zone, order: number, mark: number, highestZone: number, flags: number): boolean {
  let free = zone.freePages - (2 ** order - 1);
  if ((flags & ALLOC_RESERVES) === 0) free -= zone.nrFreeHighatomic;
  let min = mark;
  if ((flags & ALLOC_MIN_RESERVE) !== 0) {
    min -= Math.floor(min / 2);
    if ((flags & ALLOC_NON_BLOCK) !== 0) min -= Math.floor(min / 4);
  }
  if ((flags & ALLOC_OOM) !== 0) min -= Math.floor(min / 2);
  if (free <= min + zone.lowmemReserve[highestZone]!) return false;
  return order === 0 || hasBlock(zone, order, flags);
}

function hasBlock(zone: Zone, order: number, flags: number): boolean {
  if (zone.freeArea === null) return true;
  for (let o = order; o < NR_PAGE_ORDERS; o++) if (zone.freeArea[o]! > 0) return true;
  return (flags & (ALLOC_HIGHATOMIC | ALLOC_OOM)) !== 0 && zone.nrFreeHighatomic >= 2 ** order;
}

/**
 * {@link zoneWatermarkOk} against the mark that the flags name. An urgent order 0 does not count the boost of the min mark.
 * @linux mm/page_alloc.c zone_watermark_fast()
 */
export function zoneAllows(zone: Zone, order: number, highestZone: number, flags: number): boolean {
  if ((flags & ALLOC_NO_WATERMARKS) !== 0) return zone.freePages >= 2 ** order;
  const mark = flags & 3;
  if (zoneWatermarkOk(zone, order, wmarkPages(zone, mark), highestZone, flags)) return true;
  const urgent = order === 0 && (flags & ALLOC_MIN_RESERVE) !== 0 && mark === WMARK_MIN && zone.watermarkBoost > 0;
  return urgent && zoneWatermarkOk(zone, 0, zone.watermark[WMARK_MIN]!, highestZone, flags);
}

/**
 * Memory of one kind had to be taken from a block of another: let kswapd free more, to keep such blocks apart.
 * @param factor the most that is added, in 1/10000 of the high mark. @linux vm.watermark_boost_factor
 * @returns whether the zone was boosted
 * @linux mm/page_alloc.c boost_watermark()
 */
export function boostWatermark(zone: Zone, factor = 15_000): boolean {
  if (factor === 0 || PAGEBLOCK_NR_PAGES * 4 > zone.managed) return false;
  const most = Math.floor((zone.watermark[WMARK_HIGH]! * factor) / 10_000);
  if (most === 0) return false;
  zone.watermarkBoost = Math.min(zone.watermarkBoost + PAGEBLOCK_NR_PAGES, Math.max(PAGEBLOCK_NR_PAGES, most));
  return true;
}

/** May kswapd sleep: is one of the zones above its high mark? @linux mm/vmscan.c pgdat_balanced() */
export function pgdatBalanced(zones: readonly Zone[], order: number, highestZone: number): boolean {
  let any = false;
  for (const zone of zones) {
    if (zone.index > highestZone || zone.managed === 0) continue;
    any = true;
    if (zoneWatermarkOk(zone, order, wmarkPages(zone, WMARK_HIGH), highestZone, 0)) return true;
  }
  return !any;
}
