import type { KernelDaemons } from '@kernel-model/daemons';
import type { MemoryView } from '@kernel-model/procfs';

/** The memory that a machine's kswapd looks after, for /proc/zoneinfo and /proc/vmstat. */
export function memoryView({ pgdat }: KernelDaemons): MemoryView {
  return {
    zones: pgdat.zones,
    get counters() {
      return new Map([
        ['nr_inactive_file', pgdat.lru.reduce((sum, pages) => sum + pages, 0)],
        ['pgsteal_kswapd', pgdat.pgstealKswapd],
        ['pgsteal_direct', pgdat.pgstealDirect],
        ['kswapd_low_wmark_hit_quickly', pgdat.lowWmarkHitQuickly],
        ['kswapd_high_wmark_hit_quickly', pgdat.highWmarkHitQuickly],
      ]);
    },
  };
}
