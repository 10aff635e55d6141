import { violated } from '@kernel-model/sim';
import { PF_KTHREAD, type Task } from '@kernel-model/scheduler';
import type { Mm } from './mm.ts';
import type { MmSubsystem } from './mm-subsystem.ts';

/**
 * Recount everything that is kept by hand: references, masks, lazy flags, TLB slots. Slow; between steps.
 * @throws InvariantViolation
 */
export function checkMm(ms: MmSubsystem): void {
  const tasks = allTasks(ms);
  for (const p of tasks) checkTask(ms, p);
  for (const mm of liveMms(ms, tasks)) checkCount(ms, mm, tasks);
  for (let cpu = 0; cpu < ms.tlb.length; cpu++) checkTlb(ms, cpu);
}

/** Every task that can hold an mm: those with a pid, the idle ones, and one that is just leaving its CPU for good. */
function allTasks(ms: MmSubsystem): Set<Task> {
  const tasks = new Set(ms.s.tasks.values());
  for (const rq of ms.s.rqs) tasks.add(rq.idle).add(rq.curr);
  return tasks;
}

function checkTask(ms: MmSubsystem, p: Task): void {
  const running = p.rq.curr === p;
  if (p.mm !== null) {
    if (p.activeMm !== p.mm) throw violated('MM_ACTIVE', `${p.comm}/${p.pid} has an mm that is not its active one`);
  } else if (running !== (p.activeMm !== null)) {
    const what = running ? 'runs without an active mm' : 'does not run but borrows an mm';
    throw violated('MM_ACTIVE', `${p.comm}/${p.pid} ${what} at ${ms.s.sim.now} ns`);
  }
}

function liveMms(ms: MmSubsystem, tasks: Set<Task>): Set<Mm> {
  const mms = new Set<Mm>();
  for (const p of tasks) if (p.activeMm !== null) mms.add(p.activeMm as Mm);
  for (const rq of ms.s.rqs) if (rq.prevMm !== null) mms.add(rq.prevMm as Mm);
  mms.delete(ms.initMm);
  return mms;
}

function checkCount(ms: MmSubsystem, mm: Mm, tasks: Set<Task>): void {
  let expected = (mm.users > 0 ? 1 : 0) + mm.grabs;
  for (const p of tasks) {
    if (ms.lazyRefcount && p.mm === null && p.activeMm === mm) expected++;
    if (p.mm === mm && (p.flags & PF_KTHREAD) !== 0) expected++;
  }
  if (ms.lazyRefcount) for (const rq of ms.s.rqs) if (rq.prevMm === mm) expected++;
  if (mm.count !== expected) {
    throw violated(
      'MM_COUNT',
      `mm of ${mm.name}: count ${mm.count}, but ${expected} references exist (users ${mm.users})`,
    );
  }
  let users = 0;
  for (const p of tasks) if (p.mm === mm && (p.flags & PF_KTHREAD) === 0) users++;
  if (mm.users < users)
    throw violated('MM_USERS', `mm of ${mm.name}: ${users} threads have it, but it counts ${mm.users} users`);
  if (mm.freed) throw violated('MM_COUNT', `mm of ${mm.name} is freed but somebody has it`);
}

function checkTlb(ms: MmSubsystem, cpu: number): void {
  const tlb = ms.tlb[cpu]!;
  const mm = tlb.loadedMm;
  if (tlb.isLazy && mm === ms.initMm) throw violated('MM_LAZY', `CPU ${cpu} is lazy with init_mm`);
  if (mm !== ms.initMm && !mm.cpumask.has(cpu)) {
    throw violated('MM_CPUMASK', `CPU ${cpu} uses the mm of ${mm.name} but is not in its mask`);
  }
  if (!ms.initMm.cpumask.empty) throw violated('MM_CPUMASK', 'init_mm has a CPU in its mask');
  const active = ms.s.rqs[cpu]!.curr.activeMm;
  if (mm !== active && mm !== ms.initMm)
    throw violated('MM_LOADED', `CPU ${cpu} uses the mm of ${mm.name}, its task another`);
  if (tlb.ctxId[tlb.loadedMmAsid] !== mm.ctxId)
    throw violated('MM_ASID', `CPU ${cpu}: slot ${tlb.loadedMmAsid} is not ${mm.name}'s`);
  if (tlb.tlbGen[tlb.loadedMmAsid]! > mm.tlbGen)
    throw violated('MM_TLB_GEN', `CPU ${cpu} is ahead of the mm of ${mm.name}`);
  for (let a = 0; a < tlb.ctxId.length; a++) {
    if (tlb.ctxId[a] !== 0 && tlb.ctxId.indexOf(tlb.ctxId[a]!) !== a)
      throw violated('MM_ASID', `CPU ${cpu}: two slots of one mm`);
  }
}
