import type { MaySleep } from '@kernel-model/sim';
import { EINVAL, PF_EXITING, PF_KTHREAD, type Task } from '@kernel-model/scheduler';
import {
  PAGE_SIZE,
  __GFP_FS,
  madviseDontneed,
  mmPgtablesBytes,
  panic,
  type Mm,
  type MmSubsystem,
} from '@kernel-model/mm';
import {
  PIDTYPE_TGID,
  SEND_SIG_PRIV,
  SIGKILL,
  SIGNAL_GROUP_EXIT,
  __thawTask,
  doSendSigInfo,
  signalState,
  tskIsOomVictim,
  type Signals,
} from '@kernel-model/signals';
import { MARK_VICTIM, OOM_SCORE_ADJ_UPDATE, type Probe } from '@kernel-model/trace';
import { oomHeader, vmKb } from './oom-report.ts';
import type { OomReaper, OomVictim } from './oom-reaper.ts';
import type { Pgdat } from './pgdat.ts';

/** An {@link OomKiller} never kills a process with this value. @linux include/uapi/linux/oom.h OOM_SCORE_ADJ_MIN */
export const OOM_SCORE_ADJ_MIN = -1000;
/** It kills a process with this value first. @linux include/uapi/linux/oom.h OOM_SCORE_ADJ_MAX */
export const OOM_SCORE_ADJ_MAX = 1000;

/**
 * The OOM killer: when an allocation finds nothing to reclaim, the process that has most memory is killed, and if it does
 * not come to exit, the OOM reaper takes its memory.
 * @linux mm/oom_kill.c
 */
export class OomKiller {
  /** Sysctls: stop the machine instead; kill whoever allocates; list all processes in the report. */
  panicOnOom = 0;
  oomKillAllocatingTask = 0;
  oomDumpTasks = 1;
  /** Processes killed. @linux /proc/vmstat oom_kill */
  kills = 0;
  readonly #markVictim: Probe;
  readonly #adjUpdate: Probe;

  constructor(
    readonly signals: Signals,
    readonly mm: MmSubsystem,
    readonly pgdat: Pgdat,
    readonly reaper: OomReaper,
  ) {
    this.#markVictim = signals.s.hub.probe(MARK_VICTIM);
    this.#adjUpdate = signals.s.hub.probe(OOM_SCORE_ADJ_UPDATE);
  }

  /**
   * Kill a process to get memory. Without __GFP_FS nobody is killed, and the allocation tries on.
   * @param order -1: somebody asked for it at the console
   * @returns whether there will be more memory
   * @emits signal_generate, mark_victim
   * @throws UsageError KERNEL_PANIC if there is nobody who can be killed
   * @linux mm/oom_kill.c out_of_memory()
   */
  *outOfMemory(gfp: number, order: number): MaySleep<boolean> {
    const { s } = this.signals;
    const me = s.current;
    if (this.#willFreeMem(me)) {
      this.#mark(me);
      this.#queue(me);
      return true;
    }
    if ((gfp & __GFP_FS) === 0) return true;
    if (this.panicOnOom !== 0 && order >= 0) {
      oomHeader(this, gfp, order);
      panic(this.mm, `Out of memory: ${this.panicOnOom === 2 ? 'compulsory' : 'system-wide'} panic_on_oom is enabled`);
    }
    const self = this.oomKillAllocatingTask !== 0 && this.badness(me) > -Infinity;
    const victim = self ? me : this.#selectBadProcess(order);
    if (victim === null) {
      oomHeader(this, gfp, order);
      s.reports.printk('warn', 'Out of memory and no killable processes...');
      if (order >= 0) panic(this.mm, 'System is deadlocked on memory');
      return false;
    }
    const words = self ? 'Out of memory (oom_kill_allocating_task)' : 'Out of memory';
    if (victim !== 'wait') yield* this.#killProcess(victim, gfp, order, words);
    return true;
  }

  /**
   * How much a process is worth killing: its pages, and 1/1000 of the memory for each point of its oom_score_adj.
   * @returns pages; -Infinity: never
   * @linux mm/oom_kill.c oom_badness()
   */
  badness(p: Task): number {
    const { group } = signalState(p);
    const mm = p.mm as Mm | null;
    if (p.pid === 1 || (p.flags & PF_KTHREAD) !== 0 || mm === null) return -Infinity;
    if (group.oomScoreAdj === OOM_SCORE_ADJ_MIN || mm.oomSkip) return -Infinity;
    const pages = mm.pages.size + mmPgtablesBytes(mm) / PAGE_SIZE;
    return pages + group.oomScoreAdj * Math.floor(this.totalPages / 1000);
  }

  /** What /proc/PID/oom_score says: 0 .. 2000 for {@link badness}. @linux fs/proc/base.c proc_oom_score() */
  score(p: Task): number {
    const badness = this.badness(p);
    return badness === -Infinity ? 0 : Math.trunc(((1000 + Math.trunc((badness * 1000) / this.totalPages)) * 2) / 3);
  }

  /** Write /proc/PID/oom_score_adj. @returns 0 or -EINVAL @emits oom_score_adj_update @linux fs/proc/base.c __set_oom_adj() */
  setScoreAdj(p: Task, adj: number): number {
    if (!(adj >= OOM_SCORE_ADJ_MIN && adj <= OOM_SCORE_ADJ_MAX)) return -EINVAL;
    signalState(p).group.oomScoreAdj = adj;
    if (this.#adjUpdate.enabled) this.#adjUpdate.emit(p.pid, p.commId, adj);
    return 0;
  }

  /** Pages of the machine. */
  get totalPages(): number {
    return this.pgdat.zones.reduce((sum, zone) => sum + zone.managed, 0);
  }

  /** @returns the process, null if there is none, or `wait`: one is dying already @linux mm/oom_kill.c select_bad_process() */
  #selectBadProcess(order: number): Task | 'wait' | null {
    let chosen: Task | null = null;
    let most = -Infinity;
    for (const p of this.signals.s.tasks.values()) {
      const { group } = signalState(p);
      if (group.leader !== p) continue;
      if (order >= 0 && tskIsOomVictim(p)) {
        if ((group.oomMm as Mm).oomSkip) continue;
        return 'wait';
      }
      const points = this.badness(taskWithMm(p));
      if (points === -Infinity || points < most) continue;
      chosen = p;
      most = points;
    }
    return chosen;
  }

  /** @linux mm/oom_kill.c oom_kill_process() */
  *#killProcess(chosen: Task, gfp: number, order: number, words: string): MaySleep<void> {
    const { signals } = this;
    const { reports } = signals.s;
    if (this.#willFreeMem(chosen)) {
      this.#mark(chosen);
      this.#queue(chosen);
      return;
    }
    const victim = taskWithMm(chosen);
    const mm = victim.mm as Mm;
    const { oomScoreAdj, uid } = signalState(victim).group;
    oomHeader(this, gfp, order);
    const where = 'constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/';
    reports.printk('info', `oom-kill:${where},task=${victim.comm},pid=${victim.pid},uid=${uid}`);
    this.kills++;
    yield* doSendSigInfo(signals, SIGKILL, SEND_SIG_PRIV, victim, PIDTYPE_TGID);
    this.#mark(victim);
    const { total, rss, pgtables } = vmKb(mm);
    const sizes = `total-vm:${total}kB, anon-rss:${rss}kB, file-rss:0kB, shmem-rss:0kB`;
    reports.printk(
      'err',
      `${words}: Killed process ${victim.pid} (${victim.comm}) ${sizes}, UID:${uid} pgtables:${pgtables}kB oom_score_adj:${oomScoreAdj}`,
    );
    this.#queue(victim);
  }

  /** Open the reserves for a process that is to die. @emits mark_victim @linux mm/oom_kill.c mark_oom_victim() */
  #mark(p: Task): void {
    const state = signalState(p);
    if (state.oomVictim) return;
    state.oomVictim = true;
    state.group.oomMm ??= p.mm;
    __thawTask(this.signals, p);
    if (!this.#markVictim.enabled) return;
    const { total, rss, pgtables } = vmKb(p.mm as Mm);
    const { uid, oomScoreAdj } = state.group;
    this.#markVictim.emit(p.pid, p.commId, total, rss, 0, uid, pgtables, oomScoreAdj);
  }

  /** @linux mm/oom_kill.c queue_oom_reaper() */
  #queue(p: Task): void {
    const mm = p.mm as Mm;
    if (mm.oomReapQueued) return;
    mm.oomReapQueued = true;
    this.reaper.queue(new DyingProcess(this.mm, p, mm));
  }

  /** Is it on the way to give its memory back by itself? @linux mm/oom_kill.c task_will_free_mem() */
  #willFreeMem(p: Task): boolean {
    const mm = p.mm as Mm | null;
    if (mm === null || (p.flags & PF_KTHREAD) !== 0 || mm.oomSkip) return false;
    const { group } = signalState(p);
    return (group.flags & SIGNAL_GROUP_EXIT) !== 0 || (group.single && (p.flags & PF_EXITING) !== 0);
  }
}

/** The leader of a process, or another thread of it if the leader has exited. @linux mm/oom_kill.c find_lock_task_mm() */
function taskWithMm(p: Task): Task {
  return signalState(p).group.threads.find((t) => t.mm !== null) ?? p;
}

/** A killed process and its address space, as the reaper knows them. */
class DyingProcess implements OomVictim {
  readonly comm: string;
  readonly pid: number;

  constructor(
    readonly ms: MmSubsystem,
    p: Task,
    readonly mm: Mm,
  ) {
    this.comm = p.comm;
    this.pid = p.pid;
  }

  get skip(): boolean {
    return this.mm.oomSkip;
  }

  set skip(value: boolean) {
    this.mm.oomSkip = value;
  }

  get rssKb(): number {
    return vmKb(this.mm).rss;
  }

  /** @emits tlb_flush @linux mm/oom_kill.c __oom_reap_task_mm() */
  *reap(): MaySleep<boolean> {
    for (const { start, end } of [...this.mm.vmas])
      yield* madviseDontneed(this.ms, this.mm, start, (end - start) / PAGE_SIZE);
    return true;
  }
}
