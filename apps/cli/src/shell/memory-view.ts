import type { KernelDaemons, Writeback } from '@kernel-model/daemons';
import type { MemoryView } from '@kernel-model/procfs';

/** The memory that a machine's kswapd looks after, for /proc/zoneinfo and /proc/vmstat. */
export function memoryView({ pgdat, kcompactd, mounts, oomKiller }: KernelDaemons): MemoryView {
  const sum = (of: (writeback: Writeback) => number): number => mounts.reduce((all, fs) => all + of(fs.writeback), 0);
  return {
    zones: pgdat.zones,
    get counters() {
      const clean = pgdat.lru.reduce((all, pages) => all + pages, 0);
      const dirty = sum((wb) => wb.dirty);
      const anon = pgdat.userPages.reduce((all, pages) => all + pages, 0);
      return new Map([
        ['nr_active_anon', anon],
        ['nr_anon_pages', anon],
        ['oom_kill', oomKiller.kills],
        ['nr_inactive_file', clean + dirty],
        ['nr_file_pages', clean + dirty],
        ['nr_dirty', dirty],
        ['nr_dirtied', sum((wb) => wb.dirtied)],
        ['nr_written', sum((wb) => wb.written)],
        ['pgsteal_kswapd', pgdat.pgstealKswapd],
        ['pgsteal_direct', pgdat.pgstealDirect],
        ['pgscan_kswapd', pgdat.pgscanKswapd],
        ['pgscan_direct', pgdat.pgscanDirect],
        ['pgscan_direct_throttle', pgdat.pgscanDirectThrottle],
        ['pageoutrun', pgdat.pageoutrun],
        ['allocstall_normal', pgdat.allocstall],
        ['compact_daemon_wake', kcompactd.wakes],
        ['kswapd_low_wmark_hit_quickly', pgdat.lowWmarkHitQuickly],
        ['kswapd_high_wmark_hit_quickly', pgdat.highWmarkHitQuickly],
      ]);
    },
  };
}
