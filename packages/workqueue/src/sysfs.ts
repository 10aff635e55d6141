import type { MaySleep } from '@kernel-model/sim';
import { Cpumask, EINVAL } from '@kernel-model/scheduler';
import { applyWorkqueueAttrs, workqueueSetUnboundCpumask } from './apply-attrs.ts';
import { allocWorkqueueAttrs, copyWorkqueueAttrs, parseAffnScope } from './attrs.ts';
import { WQ_UNBOUND, __WQ_ORDERED } from './constants.ts';
import { workqueueSetMaxActive } from './max-active.ts';
import { warn } from './misuse.ts';
import { hexMask } from './show.ts';
import { WQ_AFFN_DFL, WQ_AFFN_NAMES } from './topology.ts';
import type { Workqueues } from './workqueues.ts';
import type { WorkqueueStruct } from './workqueue-struct.ts';

/** Show a queue under /sys/devices/virtual/workqueue. @returns 0; -EINVAL for an ordered queue @linux kernel/workqueue.c workqueue_sysfs_register() */
export function workqueueSysfsRegister(w: Workqueues, wq: WorkqueueStruct): number {
  if ((wq.flags & __WQ_ORDERED) !== 0) {
    warn(w, `workqueue_sysfs_register: the workqueue ${wq.name} is ordered: nobody may change its attributes`);
    return -EINVAL;
  }
  wq.sysfs = true;
  return 0;
}

/** @linux kernel/workqueue.c workqueue_sysfs_unregister() */
export function workqueueSysfsUnregister(wq: WorkqueueStruct): void {
  wq.sysfs = false;
}

/** The files of a queue; none if it is not shown. */
export function wqSysfsFiles(wq: WorkqueueStruct): string[] {
  if (!wq.sysfs) return [];
  const files = ['per_cpu', 'max_active'];
  if ((wq.flags & WQ_UNBOUND) !== 0) files.push('nice', 'cpumask', 'affinity_scope', 'affinity_strict');
  return files;
}

/** Read a file of a queue. @returns null if there is no such file */
export function wqSysfsShow(w: Workqueues, wq: WorkqueueStruct, file: string): string | null {
  if (!wqSysfsFiles(wq).includes(file)) return null;
  const attrs = wq.unboundAttrs;
  switch (file) {
    case 'per_cpu':
      return (wq.flags & WQ_UNBOUND) === 0 ? '1\n' : '0\n';
    case 'max_active':
      return `${wq.savedMaxActive}\n`;
    case 'nice':
      return `${attrs!.nice}\n`;
    case 'cpumask':
      return `${hexMask(w.s, attrs!.cpumask)}\n`;
    case 'affinity_scope': {
      const name = WQ_AFFN_NAMES[attrs!.affnScope]!;
      return attrs!.affnScope === WQ_AFFN_DFL ? `${name} (${WQ_AFFN_NAMES[w.dflAffnScope]!})\n` : `${name}\n`;
    }
    default:
      return `${Number(attrs!.affnStrict)}\n`;
  }
}

/** Write a file of a queue. @returns the length of the text, or -EINVAL, -ENOMEM */
export function* wqSysfsStore(w: Workqueues, wq: WorkqueueStruct, file: string, text: string): MaySleep<number> {
  if (!wqSysfsFiles(wq).includes(file) || file === 'per_cpu') return -EINVAL;
  const value = parseInteger(text);
  if (file === 'max_active') {
    if (value === null || value <= 0) return -EINVAL;
    yield* workqueueSetMaxActive(w, wq, value);
    return text.length;
  }
  const attrs = allocWorkqueueAttrs(w);
  copyWorkqueueAttrs(attrs, wq.unboundAttrs!);
  if (file === 'nice') {
    if (value === null || value < -20 || value > 19) return -EINVAL;
    attrs.nice = value;
  } else if (file === 'cpumask') {
    const mask = parseMask(text);
    if (mask === null) return -EINVAL;
    attrs.cpumask = mask;
  } else if (file === 'affinity_scope') {
    attrs.affnScope = parseAffnScope(text);
    if (attrs.affnScope < 0) return -EINVAL;
  } else {
    if (value === null) return -EINVAL;
    attrs.affnStrict = value !== 0;
  }
  const result = yield* applyWorkqueueAttrs(w, wq, attrs);
  return result < 0 ? result : text.length;
}

/** Read /sys/devices/virtual/workqueue/cpumask, cpumask_requested or cpumask_isolated. @returns null if there is no such file */
export function wqSysfsShowGlobal(w: Workqueues, file: string): string | null {
  switch (file) {
    case 'cpumask':
      return `${hexMask(w.s, w.unboundCpumask)}\n`;
    case 'cpumask_requested':
      return `${hexMask(w.s, w.requestedUnboundCpumask)}\n`;
    case 'cpumask_isolated':
      return `${hexMask(w.s, w.isolatedCpumask)}\n`;
    default:
      return null;
  }
}

/** Write /sys/devices/virtual/workqueue/cpumask. @returns the length of the text, or -EINVAL, -ENOMEM */
export function* wqSysfsStoreGlobal(w: Workqueues, file: string, text: string): MaySleep<number> {
  const mask = file === 'cpumask' ? parseMask(text) : null;
  if (mask === null) return -EINVAL;
  const result = yield* workqueueSetUnboundCpumask(w, mask);
  return result < 0 ? result : text.length;
}

function parseMask(text: string): Cpumask | null {
  const groups = text.trim().split(',');
  if (groups.length > 2 || !groups.every((g) => /^[0-9a-f]{1,8}$/i.test(g))) return null;
  const lo = parseInt(groups[groups.length - 1]!, 16);
  return new Cpumask(lo, groups.length === 2 ? parseInt(groups[0]!, 16) : 0);
}

/** What sscanf's %d reads: leading digits count. */
function parseInteger(text: string): number | null {
  const match = /^\s*([+-]?\d+)/.exec(text);
  return match === null ? null : Number(match[1]);
}
