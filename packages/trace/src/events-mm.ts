import { EventDef } from './event-def.ts';
import { DECIMAL, STRING, type FieldType } from './field-types.ts';

const ZONE: FieldType<string> = {
  ...STRING,
  pattern: '\\S+ *',
  print: (value) => value.padEnd(8, ' '),
  parse: (text) => text.trimEnd(),
};

/** Fields of the events that name a memory node. */
export interface NodeFields {
  readonly nid: number;
}

/** kswapd goes to sleep for long. @linux include/trace/events/vmscan.h mm_vmscan_kswapd_sleep */
export const MM_VMSCAN_KSWAPD_SLEEP: EventDef<NodeFields> = new EventDef<NodeFields>(
  'vmscan',
  'mm_vmscan_kswapd_sleep',
  'nid={nid}',
  { nid: DECIMAL },
);

/** Fields of {@link MM_VMSCAN_KSWAPD_WAKE}. */
export interface VmscanKswapdWakeFields {
  readonly nid: number;
  readonly order: number;
}

/** kswapd begins to reclaim. @linux include/trace/events/vmscan.h mm_vmscan_kswapd_wake */
export const MM_VMSCAN_KSWAPD_WAKE: EventDef<VmscanKswapdWakeFields> = new EventDef<VmscanKswapdWakeFields>(
  'vmscan',
  'mm_vmscan_kswapd_wake',
  'nid={nid} order={order}',
  { nid: DECIMAL, order: DECIMAL },
);

/** Fields of {@link MM_VMSCAN_WAKEUP_KSWAPD}. */
export interface VmscanWakeupKswapdFields {
  readonly nid: number;
  readonly order: number;
  /** Names joined by `|`. */
  readonly gfp_flags: string;
}

/** An allocation wakes kswapd. @linux include/trace/events/vmscan.h mm_vmscan_wakeup_kswapd */
export const MM_VMSCAN_WAKEUP_KSWAPD: EventDef<VmscanWakeupKswapdFields> = new EventDef<VmscanWakeupKswapdFields>(
  'vmscan',
  'mm_vmscan_wakeup_kswapd',
  'nid={nid} order={order} gfp_flags={gfp_flags}',
  { nid: DECIMAL, order: DECIMAL, gfp_flags: STRING },
);

/** Fields of {@link MM_VMSCAN_DIRECT_RECLAIM_BEGIN}. */
export interface VmscanDirectReclaimBeginFields {
  readonly order: number;
  /** Names joined by `|`. */
  readonly gfp_flags: string;
}

/** An allocation reclaims memory itself. @linux include/trace/events/vmscan.h mm_vmscan_direct_reclaim_begin */
export const MM_VMSCAN_DIRECT_RECLAIM_BEGIN: EventDef<VmscanDirectReclaimBeginFields> =
  new EventDef<VmscanDirectReclaimBeginFields>(
    'vmscan',
    'mm_vmscan_direct_reclaim_begin',
    'order={order} gfp_flags={gfp_flags}',
    { order: DECIMAL, gfp_flags: STRING },
  );

/** Fields of {@link MM_VMSCAN_DIRECT_RECLAIM_END}. */
export interface VmscanDirectReclaimEndFields {
  readonly nr_reclaimed: number;
}

/** Direct reclaim is over. @linux include/trace/events/vmscan.h mm_vmscan_direct_reclaim_end */
export const MM_VMSCAN_DIRECT_RECLAIM_END: EventDef<VmscanDirectReclaimEndFields> =
  new EventDef<VmscanDirectReclaimEndFields>('vmscan', 'mm_vmscan_direct_reclaim_end', 'nr_reclaimed={nr_reclaimed}', {
    nr_reclaimed: DECIMAL,
  });

/** kcompactd goes to sleep. @linux include/trace/events/compaction.h mm_compaction_kcompactd_sleep */
export const MM_COMPACTION_KCOMPACTD_SLEEP: EventDef<NodeFields> = new EventDef<NodeFields>(
  'compaction',
  'mm_compaction_kcompactd_sleep',
  'nid={nid}',
  { nid: DECIMAL },
);

/** Fields of the events that wake kcompactd. */
export interface KcompactdWakeFields {
  readonly nid: number;
  readonly order: number;
  /** Name of the zone, e.g. `Normal`. */
  readonly highest_zoneidx: string;
}

/** Somebody wakes kcompactd. @linux include/trace/events/compaction.h mm_compaction_wakeup_kcompactd */
export const MM_COMPACTION_WAKEUP_KCOMPACTD: EventDef<KcompactdWakeFields> = kcompactdEvent(
  'mm_compaction_wakeup_kcompactd',
);
/** kcompactd begins. @linux include/trace/events/compaction.h mm_compaction_kcompactd_wake */
export const MM_COMPACTION_KCOMPACTD_WAKE: EventDef<KcompactdWakeFields> =
  kcompactdEvent('mm_compaction_kcompactd_wake');

/** Fields of mark_victim. */
export interface MarkVictimFields {
  readonly pid: number;
  readonly comm: string;
  /** In KiB, as all sizes. */
  readonly total_vm: number;
  readonly anon_rss: number;
  readonly file_rss: number;
  readonly uid: number;
  readonly pgtables: number;
  readonly oom_score_adj: number;
}

/** The OOM killer has chosen a process. Unlike Linux, shared memory is no field: there is none. @linux include/trace/events/oom.h mark_victim */
export const MARK_VICTIM: EventDef<MarkVictimFields> = new EventDef<MarkVictimFields>(
  'oom',
  'mark_victim',
  'pid={pid} comm={comm} total-vm={total_vm}kB anon-rss={anon_rss}kB file-rss:{file_rss}kB shmem-rss:0kB ' +
    'uid={uid} pgtables={pgtables}kB oom_score_adj={oom_score_adj}',
  {
    pid: DECIMAL,
    comm: STRING,
    total_vm: DECIMAL,
    anon_rss: DECIMAL,
    file_rss: DECIMAL,
    uid: DECIMAL,
    pgtables: DECIMAL,
    oom_score_adj: DECIMAL,
  },
);

/** Fields of oom_score_adj_update. */
export interface OomScoreAdjUpdateFields {
  readonly pid: number;
  readonly comm: string;
  readonly oom_score_adj: number;
}

/** Somebody has said how readily a process is to be killed. @linux include/trace/events/oom.h oom_score_adj_update */
export const OOM_SCORE_ADJ_UPDATE: EventDef<OomScoreAdjUpdateFields> = new EventDef<OomScoreAdjUpdateFields>(
  'oom',
  'oom_score_adj_update',
  'pid={pid} comm={comm} oom_score_adj={oom_score_adj}',
  { pid: DECIMAL, comm: STRING, oom_score_adj: DECIMAL },
);

/** Fields of the events of the OOM reaper. */
export interface OomReaperFields {
  readonly pid: number;
}

/** The OOM reaper is woken for a victim. @linux include/trace/events/oom.h wake_reaper */
export const WAKE_REAPER: EventDef<OomReaperFields> = reaperEvent('wake_reaper');
/** The OOM reaper begins with a victim. @linux include/trace/events/oom.h start_task_reaping */
export const START_TASK_REAPING: EventDef<OomReaperFields> = reaperEvent('start_task_reaping');
/** The OOM reaper has reaped a victim. @linux include/trace/events/oom.h finish_task_reaping */
export const FINISH_TASK_REAPING: EventDef<OomReaperFields> = reaperEvent('finish_task_reaping');
/** The OOM reaper leaves a victim alone. @linux include/trace/events/oom.h skip_task_reaping */
export const SKIP_TASK_REAPING: EventDef<OomReaperFields> = reaperEvent('skip_task_reaping');

function kcompactdEvent(name: string): EventDef<KcompactdWakeFields> {
  return new EventDef<KcompactdWakeFields>(
    'compaction',
    name,
    'nid={nid} order={order} classzone_idx={highest_zoneidx}',
    { nid: DECIMAL, order: DECIMAL, highest_zoneidx: ZONE },
  );
}

function reaperEvent(name: string): EventDef<OomReaperFields> {
  return new EventDef<OomReaperFields>('oom', name, 'pid={pid}', { pid: DECIMAL });
}
