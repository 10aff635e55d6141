import { WMARK_HIGH, WMARK_LOW, WMARK_MIN, WMARK_PROMO, wmarkPages, type Zone } from '@kernel-model/mm';

/** Counters of a node in /proc/zoneinfo and /proc/vmstat, in their order. */
const NODE_STATS: readonly string[] = words(`
  nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable nr_slab_reclaimable
  nr_slab_unreclaimable nr_isolated_anon nr_isolated_file workingset_nodes workingset_refault_anon
  workingset_refault_file workingset_activate_anon workingset_activate_file workingset_restore_anon
  workingset_restore_file workingset_nodereclaim nr_anon_pages nr_mapped nr_file_pages nr_dirty nr_writeback
  nr_writeback_temp nr_shmem nr_shmem_hugepages nr_shmem_pmdmapped nr_file_hugepages nr_file_pmdmapped
  nr_anon_transparent_hugepages nr_vmscan_write nr_vmscan_immediate_reclaim nr_dirtied nr_written
  nr_throttled_written nr_kernel_misc_reclaimable nr_foll_pin_acquired nr_foll_pin_released nr_kernel_stack
  nr_page_table_pages nr_sec_page_table_pages nr_iommu_pages nr_swapcached pgpromote_success pgpromote_candidate
  pgdemote_kswapd pgdemote_direct pgdemote_khugepaged`);

/** Counters of a zone. */
const ZONE_STATS: readonly string[] = words(`
  nr_free_pages nr_zone_inactive_anon nr_zone_active_anon nr_zone_inactive_file nr_zone_active_file
  nr_zone_unevictable nr_zone_write_pending nr_mlock nr_bounce nr_zspages nr_free_cma numa_hit numa_miss
  numa_foreign numa_interleave numa_local numa_other`);

/** Events of the whole machine that concern kernel threads. */
const VM_EVENTS: readonly string[] = words(`
  allocstall_dma allocstall_dma32 allocstall_normal allocstall_movable allocstall_device pgrefill pgsteal_kswapd
  pgsteal_direct pgsteal_khugepaged pgscan_kswapd pgscan_direct pgscan_khugepaged pgscan_direct_throttle
  kswapd_inodesteal kswapd_low_wmark_hit_quickly kswapd_high_wmark_hit_quickly pageoutrun oom_kill compact_stall
  compact_fail compact_success compact_daemon_wake compact_daemon_migrate_scanned compact_daemon_free_scanned`);

/** What /proc/vmstat and /proc/zoneinfo show. */
export interface MemoryView {
  readonly zones: readonly Zone[];
  /** Counters by their names in /proc/vmstat; what is missing is 0. */
  readonly counters: ReadonlyMap<string, number>;
}

/**
 * /proc/vmstat: counters of zones, nodes and events. Those that Linux has beyond what concerns kernel threads are left out.
 * @linux mm/vmstat.c vmstat_show()
 */
export function vmstatFile(memory: MemoryView): string {
  const free = memory.zones.reduce((pages, zone) => pages + zone.freePages, 0);
  const value = (name: string): number => memory.counters.get(name) ?? (name === 'nr_free_pages' ? free : 0);
  return [...ZONE_STATS, ...NODE_STATS, ...VM_EVENTS].map((name) => `${name} ${value(name)}\n`).join('');
}

/** /proc/zoneinfo: a block for each zone, the counters of the node in the first that has pages. @linux mm/vmstat.c zoneinfo_show_print() */
export function zoneinfoFile(memory: MemoryView): string {
  const first = memory.zones.find((zone) => zone.managed > 0);
  return memory.zones.map((zone) => formatZone(zone, zone === first ? memory.counters : null)).join('');
}

/** The block of a zone. @param nodeCounters given: the counters of the node come first */
export function formatZone(zone: Zone, nodeCounters: ReadonlyMap<string, number> | null): string {
  const lines = [`Node 0, zone ${zone.name.padStart(8)}`];
  if (nodeCounters !== null) {
    lines.push('  per-node stats', ...NODE_STATS.map((name) => statLine(name, nodeCounters.get(name) ?? 0)));
  }
  lines.push(
    `  pages free     ${zone.freePages}`,
    `        boost    ${zone.watermarkBoost}`,
    `        min      ${wmarkPages(zone, WMARK_MIN)}`,
    `        low      ${wmarkPages(zone, WMARK_LOW)}`,
    `        high     ${wmarkPages(zone, WMARK_HIGH)}`,
    `        promo    ${wmarkPages(zone, WMARK_PROMO)}`,
    `        spanned  ${zone.managed}`,
    `        present  ${zone.managed}`,
    `        managed  ${zone.managed}`,
    '        cma      0',
    // there is no memory of devices, the fifth kind
    `        protection: (${[...zone.lowmemReserve, zone.lowmemReserve.at(-1) ?? 0].join(', ')})`,
  );
  if (zone.managed > 0)
    lines.push(...ZONE_STATS.map((name) => statLine(name, name === 'nr_free_pages' ? zone.freePages : 0)));
  return `${lines.join('\n')}\n`;
}

function statLine(name: string, value: number): string {
  return `      ${name.padEnd(12)} ${value}`;
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
