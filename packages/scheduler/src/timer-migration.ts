import { TICK_NSEC } from './constants.ts';
import type { Cpu } from './cpu.ts';
import type { Scheduler } from './scheduler.ts';
import { nextTimers, timerEvents } from './timer-next.ts';
import { runTimerBase } from './timer.ts';

/** Children of a group: CPUs at the lowest level, groups above. */
export const TMIGR_CHILDREN_PER_GROUP = 8;

/** No child of the group is active. */
const NO_MIGRATOR = 0;

/** The first global timer of an idle CPU, or of a group of which every CPU idles. @linux kernel/time/timer_migration.h struct tmigr_event */
class TmigrEvent {
  expiresNs: number = Infinity;
  /** Nothing to do for others: no timer, or its owner is active and sees to it. */
  ignore = true;
  queued = false;
  /** The CPU whose timer it is. */
  cpu: number;

  constructor(cpu: number) {
    this.cpu = cpu;
  }
}

/**
 * CPUs, or groups, that look after each other's timers: one active child, the migrator, runs those of the idle ones.
 * @linux kernel/time/timer_migration.h struct tmigr_group
 */
export class TmigrGroup {
  readonly parent: TmigrGroup | null;
  /** Bit of this group in its parent's masks. */
  readonly groupMask: number;
  /** Children that are active. */
  active = 0;
  /** Bit of the child in charge; 0 if none is active. */
  migrator: number = NO_MIGRATOR;
  /** Events of idle children in order of expiry, then of arrival. */
  readonly events: TmigrEvent[] = [];
  nextExpiryNs: number = Infinity;
  /** What the group as a whole needs, in the parent's queue. */
  readonly groupEvent: TmigrEvent = new TmigrEvent(0);

  constructor(parent: TmigrGroup | null, groupMask: number) {
    this.parent = parent;
    this.groupMask = groupMask;
  }
}

/** A CPU's place in the hierarchy. @linux kernel/time/timer_migration.h struct tmigr_cpu */
export class TmigrCpu {
  readonly group: TmigrGroup;
  /** Bit of the CPU in its group's masks. */
  readonly groupMask: number;
  online = true;
  idle = false;
  /** Its timers are being run by another CPU now. */
  remote = false;
  /** When this idle CPU has to wake for the hierarchy's first timer, in ns: it was the last to go idle. */
  wakeupNs: number = Infinity;
  readonly event: TmigrEvent;

  constructor(group: TmigrGroup, cpu: number) {
    this.group = group;
    this.groupMask = 1 << (cpu % TMIGR_CHILDREN_PER_GROUP);
    this.event = new TmigrEvent(cpu);
  }
}

/** Give a CPU its place; it is active. CPUs come in ascending order. @linux kernel/time/timer_migration.c tmigr_add_cpu() */
export function tmigrAddCpu(s: Scheduler, cpu: number): TmigrCpu {
  const index = Math.floor(cpu / TMIGR_CHILDREN_PER_GROUP);
  if (index === 0 && s.nrCpus > TMIGR_CHILDREN_PER_GROUP) s.tmigrTop ??= new TmigrGroup(null, 0);
  s.tmigrGroups[index] ??= new TmigrGroup(s.tmigrTop, 1 << index);
  const tmc = new TmigrCpu(s.tmigrGroups[index], cpu);
  activate(tmc);
  return tmc;
}

/** The CPU leaves idle and sees to its timers itself. @linux kernel/time/timer_migration.c tmigr_cpu_activate() */
export function tmigrCpuActivate(cpu: Cpu): void {
  const { tmigr } = cpu;
  if (!tmigr.online || !tmigr.idle) return;
  tmigr.idle = false;
  activate(tmigr);
}

/**
 * The CPU goes idle and leaves its global timers to the others.
 * @param nextNs instant of its first global timer, Infinity if the others need not care
 * @returns instant at which this CPU has to wake on behalf of all: Infinity unless nobody else is active
 * @linux kernel/time/timer_migration.c tmigr_cpu_deactivate()
 */
export function tmigrCpuDeactivate(cpu: Cpu, nextNs: number): number {
  const { tmigr } = cpu;
  if (!tmigr.online) return nextNs;
  const first = deactivate(tmigr, nextNs);
  tmigr.idle = true;
  tmigr.wakeupNs = first;
  return first;
}

/**
 * A CPU that is idle already has a new first global timer.
 * @returns see {@link tmigrCpuDeactivate}
 * @linux kernel/time/timer_migration.c tmigr_cpu_new_timer()
 */
export function tmigrCpuNewTimer(cpu: Cpu, nextNs: number): number {
  const { tmigr } = cpu;
  if (!tmigr.online) return nextNs;
  if (nextNs === Infinity) return tmigr.wakeupNs;
  if (nextNs === tmigr.event.expiresNs && !tmigr.event.ignore) return tmigr.wakeupNs;
  tmigr.wakeupNs = tmigr.remote ? Infinity : newTimer(tmigr, nextNs);
  return tmigr.wakeupNs;
}

/**
 * When would an active CPU have to wake for global timers if it went idle?
 * @returns Infinity if others would look after them
 * @linux kernel/time/timer_migration.c tmigr_quick_check()
 */
export function tmigrQuickCheck(cpu: Cpu, nextNs: number): number {
  const { tmigr } = cpu;
  if (!tmigr.online) return nextNs;
  if (!inCharge(tmigr.group, tmigr.groupMask)) return Infinity;
  let first = nextNs;
  for (let group: TmigrGroup | null = tmigr.group; group !== null; group = group.parent) {
    if ((group.active & (group.active - 1)) !== 0) return Infinity;
    first = Math.min(first, group.nextExpiryNs);
  }
  return first;
}

/** Does this CPU have to run timers of idle CPUs in this tick? @linux kernel/time/timer_migration.c tmigr_requires_handle_remote() */
export function tmigrRequiresHandleRemote(cpu: Cpu): boolean {
  const { tmigr } = cpu;
  if (!tmigr.online) return false;
  const now = cpu.rq.sched.jiffies * TICK_NSEC;
  if (tmigr.idle) return now >= tmigr.wakeupNs;
  let mask = tmigr.groupMask;
  for (let group: TmigrGroup | null = tmigr.group; group !== null; group = group.parent) {
    if (!inCharge(group, mask)) return false;
    if (now >= group.nextExpiryNs) return true;
    mask = group.groupMask;
  }
  return false;
}

/** Run the expired timers of idle CPUs for which this CPU is in charge. @linux kernel/time/timer_migration.c tmigr_handle_remote() */
export function tmigrHandleRemote(cpu: Cpu): void {
  const { tmigr } = cpu;
  const s = cpu.rq.sched;
  if (!tmigr.online) return;
  if (!inCharge(tmigr.group, tmigr.groupMask) && tmigr.wakeupNs === Infinity) return;
  const now = s.jiffies * TICK_NSEC;
  let first = Infinity;
  let mask = tmigr.groupMask;
  for (let group: TmigrGroup | null = tmigr.group; group !== null; group = group.parent) {
    if (!handleGroup(s, group, mask, now)) break;
    first = group.nextExpiryNs;
    mask = group.groupMask;
  }
  tmigr.wakeupNs = first;
}

/** The CPU goes down: it neither runs others' timers nor leaves its own. @linux kernel/time/timer_migration.c tmigr_cpu_offline() */
export function tmigrCpuOffline(cpu: Cpu): void {
  cpu.tmigr.online = false;
  cpu.tmigr.wakeupNs = Infinity;
  deactivate(cpu.tmigr, Infinity);
  cpu.tmigr.idle = true;
}

/** The CPU is up again. @linux kernel/time/timer_migration.c tmigr_cpu_online() */
export function tmigrCpuOnline(cpu: Cpu): void {
  cpu.tmigr.online = true;
  cpu.tmigr.idle = cpu.timers.local.isIdle;
  if (!cpu.tmigr.idle) activate(cpu.tmigr);
}

/** May the child act for the group? Yes if it is the migrator, or nobody is. @linux kernel/time/timer_migration.c tmigr_check_migrator() */
function inCharge(group: TmigrGroup, mask: number): boolean {
  return group.migrator === mask || group.migrator === NO_MIGRATOR;
}

/** @linux kernel/time/timer_migration.c __tmigr_cpu_activate(), tmigr_active_up() */
function activate(tmc: TmigrCpu): void {
  tmc.event.ignore = true;
  tmc.wakeupNs = Infinity;
  let mask = tmc.groupMask;
  for (let group: TmigrGroup | null = tmc.group; group !== null; group = group.parent) {
    const first = group.migrator === NO_MIGRATOR;
    if (first) group.migrator = mask;
    group.active |= mask;
    group.groupEvent.ignore = true;
    if (!first) return;
    mask = group.groupMask;
  }
}

/** @returns instant at which the CPU has to wake on behalf of all @linux kernel/time/timer_migration.c __tmigr_cpu_deactivate(), tmigr_inactive_up() */
function deactivate(tmc: TmigrCpu, nextNs: number): number {
  if (nextNs !== Infinity) tmc.event.ignore = false;
  const walk: Walk = { tmc, nextNs, firstNs: Infinity, remote: false };
  let mask = tmc.groupMask;
  let child: TmigrGroup | null = null;
  for (let group: TmigrGroup | null = tmc.group; group !== null; group = group.parent) {
    const last = child === null || child.active === 0;
    if (last) group.active &= ~mask;
    let handedOver = true;
    if (last && group.migrator === mask) {
      group.migrator = group.active & -group.active;
      handedOver = group.migrator !== NO_MIGRATOR;
    }
    updateEvents(group, child, walk);
    if (handedOver) break;
    child = group;
    mask = group.groupMask;
  }
  return walk.firstNs;
}

/** @linux kernel/time/timer_migration.c tmigr_new_timer() */
function newTimer(tmc: TmigrCpu, nextNs: number): number {
  tmc.event.ignore = false;
  return propagate({ tmc, nextNs, firstNs: Infinity, remote: false });
}

/** A change of a CPU's first timer on its way up. */
interface Walk {
  readonly tmc: TmigrCpu;
  readonly nextNs: number;
  /** When the CPU has to wake on behalf of all. */
  firstNs: number;
  /** Another CPU ran the timers. */
  readonly remote: boolean;
}

function propagate(walk: Walk): number {
  let child: TmigrGroup | null = null;
  for (let group: TmigrGroup | null = walk.tmc.group; group !== null; group = group.parent) {
    if (updateEvents(group, child, walk)) break;
    child = group;
  }
  return walk.firstNs;
}

/**
 * Bring the queue of a group up to date with what a child needs.
 * @param child the group below, or null for the CPU itself
 * @returns whether the levels above need not know
 * @linux kernel/time/timer_migration.c tmigr_update_events()
 */
function updateEvents(group: TmigrGroup, child: TmigrGroup | null, walk: Walk): boolean {
  let evt = walk.tmc.event;
  let source = evt;
  let nextNs = walk.nextNs;
  if (child !== null) {
    if (child.active !== 0) return true;
    evt = child.groupEvent;
    source = firstEvent(child) ?? evt;
    nextNs = child.nextExpiryNs;
    evt.ignore = nextNs === Infinity;
  } else if (evt.ignore && !walk.remote && group.parent !== null) {
    return true;
  }
  let done = false;
  if (evt.queued && evt.expiresNs === nextNs && !evt.ignore) {
    evt.cpu = source.cpu;
  } else {
    if (evt.queued) dequeue(group, evt);
    if (evt.ignore) {
      done = !walk.remote || group.active !== 0;
    } else {
      evt.expiresNs = nextNs;
      evt.cpu = source.cpu;
      enqueue(group, evt);
    }
  }
  if (group.parent !== null || group.migrator !== NO_MIGRATOR) return done;
  // the whole machine is idle: somebody has to wake for the first timer of all
  if (!walk.remote) walk.firstNs = firstEvent(group)?.expiresNs ?? Infinity;
  return true;
}

/** @returns whether the level above has to be looked at too @linux kernel/time/timer_migration.c tmigr_handle_remote_up() */
function handleGroup(s: Scheduler, group: TmigrGroup, mask: number, now: number): boolean {
  for (;;) {
    if (!inCharge(group, mask)) return false;
    const evt = firstEvent(group);
    if (evt === null || now < evt.expiresNs) return true;
    dequeue(group, evt);
    handleCpu(s, s.cpus[evt.cpu]!, now);
  }
}

/** Run the global timers of an idle CPU. @linux kernel/time/timer_migration.c tmigr_handle_remote_cpu() */
function handleCpu(s: Scheduler, cpu: Cpu, now: number): void {
  const { tmigr } = cpu;
  if (!tmigr.online || tmigr.remote || tmigr.event.ignore || now < tmigr.event.expiresNs) return;
  tmigr.remote = true;
  tmigr.wakeupNs = Infinity;
  runTimerBase(s, cpu.timers.global);
  if (tmigr.online && tmigr.idle) {
    const next = nextTimers(cpu, s.jiffies, timerEvents());
    propagate({ tmc: tmigr, nextNs: next.globalNs, firstNs: Infinity, remote: true });
  }
  tmigr.remote = false;
}

/** The first event that counts; others are thrown out on the way. @linux kernel/time/timer_migration.c tmigr_next_groupevt() */
function firstEvent(group: TmigrGroup): TmigrEvent | null {
  const { events } = group;
  while (events.length > 0 && events[0]!.ignore) events.shift()!.queued = false;
  const first = events[0] ?? null;
  group.nextExpiryNs = first === null ? Infinity : first.expiresNs;
  return first;
}

function enqueue(group: TmigrGroup, evt: TmigrEvent): void {
  const { events } = group;
  let i = events.length;
  while (i > 0 && events[i - 1]!.expiresNs > evt.expiresNs) i--;
  events.splice(i, 0, evt);
  evt.queued = true;
  if (i === 0) group.nextExpiryNs = evt.expiresNs;
}

function dequeue(group: TmigrGroup, evt: TmigrEvent): void {
  group.events.splice(group.events.indexOf(evt), 1);
  evt.queued = false;
  if (group.events.length === 0) group.nextExpiryNs = Infinity;
}
