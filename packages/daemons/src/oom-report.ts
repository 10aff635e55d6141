import {
  PAGE_SIZE,
  WMARK_HIGH,
  WMARK_LOW,
  WMARK_MIN,
  gfpName,
  mmPgtablesBytes,
  wmarkPages,
  type Mm,
} from '@kernel-model/mm';
import { signalState } from '@kernel-model/signals';
import type { Task } from '@kernel-model/scheduler';
import type { OomKiller } from './oom-kill.ts';

const KB_PER_PAGE = PAGE_SIZE / 1024;

/**
 * What the log says before somebody is killed: who asked, what is free, and who has how much. Unlike Linux, without the
 * lists of free blocks and the counters that the model does not have.
 * @linux mm/oom_kill.c dump_header()
 */
export function oomHeader(killer: OomKiller, gfp: number, order: number): void {
  const { s } = killer.signals;
  const me = s.current;
  const say = (text: string): void => s.reports.printk('info', text);
  const adj = signalState(me).group.oomScoreAdj;
  s.reports.printk(
    'warn',
    `${me.comm} invoked oom-killer: gfp_mask=0x${gfp.toString(16)}(${gfpName(gfp)}), order=${order}, oom_score_adj=${adj}`,
  );
  say(`CPU: ${s.cpu} UID: 0 PID: ${me.pid} Comm: ${me.comm} Not tainted 6.12.95`);
  say('Mem-Info:');
  for (const zone of killer.pgdat.zones) {
    if (zone.managed === 0) continue;
    const kb = (pages: number): string => `${pages * KB_PER_PAGE}kB`;
    const marks = `boost:${kb(zone.watermarkBoost)} min:${kb(wmarkPages(zone, WMARK_MIN))}`;
    const upper = `low:${kb(wmarkPages(zone, WMARK_LOW))} high:${kb(wmarkPages(zone, WMARK_HIGH))}`;
    say(`Node 0 ${zone.name} free:${kb(zone.freePages)} ${marks} ${upper} managed:${kb(zone.managed)}`);
  }
  say(`${killer.totalPages} pages RAM`);
  if (killer.oomDumpTasks === 0) return;
  say('Tasks state (memory values in pages):');
  say('[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name');
  for (const p of s.tasks.values()) {
    if (p.mm !== null && p.pid !== 1 && signalState(p).group.leader === p) say(taskLine(p, p.mm as Mm));
  }
}

/** @linux mm/oom_kill.c dump_task() */
function taskLine(p: Task, mm: Mm): string {
  const { uid, oomScoreAdj } = signalState(p).group;
  const { total, rss } = vmKb(mm);
  const column = (value: number, width: number): string => String(value).padStart(width);
  const pages = [total, rss, rss].map((kb) => column(kb / KB_PER_PAGE, 8)).join(' ');
  return (
    `[${column(p.pid, 7)}] ${column(uid, 5)} ${column(p.pid, 5)} ${pages} ${column(0, 8)} ${column(0, 9)} ` +
    `${column(mmPgtablesBytes(mm), 8)} ${column(0, 8)}         ${column(oomScoreAdj, 5)} ${p.comm}`
  );
}

/** Sizes of an address space in KiB: mapped, present, page tables. */
export function vmKb(mm: Mm): { readonly total: number; readonly rss: number; readonly pgtables: number } {
  const bytes = mm.vmas.reduce((sum, { start, end }) => sum + end - start, 0);
  return { total: bytes / 1024, rss: mm.pages.size * KB_PER_PAGE, pgtables: mmPgtablesBytes(mm) / 1024 };
}
