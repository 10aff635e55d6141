import type { MaySleep } from '@kernel-model/sim';
import { EINVAL, ENOMEM, mutexLock, mutexUnlock, setCpusAllowedPtr, type Cpumask } from '@kernel-model/scheduler';
import {
  allocWorkqueueAttrs,
  copyWorkqueueAttrs,
  parseAffnScope,
  wqCalcPodCpumask,
  wqattrsActualizeCpumask,
  wqattrsEqual,
  type WorkqueueAttrs,
} from './attrs.ts';
import { WQ_UNBOUND, __WQ_DESTROYING, __WQ_ORDERED } from './constants.ts';
import { wqUpdateNodeMaxActive } from './max-active.ts';
import { warn } from './misuse.ts';
import { getPwq, putPwq, type PoolWorkqueue } from './pool-workqueue.ts';
import { WQ_AFFN_DFL, WQ_AFFN_NR_TYPES } from './topology.ts';
import { allocUnboundPwq } from './unbound-pool.ts';
import type { Workqueues } from './workqueues.ts';
import { unboundEffectiveCpumask, type WorkqueueStruct } from './workqueue-struct.ts';

/** New attributes of a queue, ready to be installed; afterwards, what was replaced. @linux kernel/workqueue.c struct apply_wqattrs_ctx */
interface ApplyContext {
  readonly wq: WorkqueueStruct;
  readonly attrs: WorkqueueAttrs;
  dflPwq: PoolWorkqueue | null;
  readonly pwqs: (PoolWorkqueue | null)[];
}

/**
 * Change where and how the works of an unbound queue run. Works that are queued already stay where they are.
 * @returns 0; -EINVAL if the queue is not unbound or the scope unknown; -ENOMEM
 * @linux kernel/workqueue.c apply_workqueue_attrs()
 */
export function* applyWorkqueueAttrs(w: Workqueues, wq: WorkqueueStruct, attrs: WorkqueueAttrs): MaySleep<number> {
  yield* mutexLock(w.s, w.poolMutex);
  const result = yield* applyWorkqueueAttrsLocked(w, wq, attrs);
  yield* mutexUnlock(w.s, w.poolMutex);
  return result;
}

/** {@link applyWorkqueueAttrs} with wq_pool_mutex held. @linux kernel/workqueue.c apply_workqueue_attrs_locked() */
export function* applyWorkqueueAttrsLocked(
  w: Workqueues,
  wq: WorkqueueStruct,
  attrs: WorkqueueAttrs,
): MaySleep<number> {
  if ((wq.flags & WQ_UNBOUND) === 0) {
    warn(w, `apply_workqueue_attrs: the workqueue ${wq.name} is not unbound`);
    return -EINVAL;
  }
  const ctx = yield* prepare(w, wq, attrs, w.unboundCpumask);
  if (typeof ctx === 'number') return ctx;
  yield* commit(w, ctx);
  cleanup(ctx);
  return 0;
}

/** @linux kernel/workqueue.c apply_wqattrs_prepare() */
function* prepare(
  w: Workqueues,
  wq: WorkqueueStruct,
  attrs: WorkqueueAttrs,
  unbound: Cpumask,
): MaySleep<ApplyContext | number> {
  if (attrs.affnScope < 0 || attrs.affnScope >= WQ_AFFN_NR_TYPES) {
    warn(w, `apply_workqueue_attrs: ${wq.name}: there is no affinity scope ${attrs.affnScope}`);
    return -EINVAL;
  }
  const attrsOf = allocWorkqueueAttrs(w);
  copyWorkqueueAttrs(attrsOf, attrs);
  wqattrsActualizeCpumask(attrsOf, unbound);
  attrsOf.podCpumask = attrsOf.cpumask;
  const own = allocWorkqueueAttrs(w);
  copyWorkqueueAttrs(own, attrs);
  own.cpumask = own.podCpumask = attrs.cpumask.and(w.s.possibleMask);
  const ctx: ApplyContext = { wq, attrs: own, dflPwq: yield* allocUnboundPwq(w, wq, attrsOf), pwqs: [] };
  if (ctx.dflPwq === null) return -ENOMEM;
  for (const cpu of w.s.possibleMask) {
    if (attrs.ordered) {
      getPwq(ctx.dflPwq);
      ctx.pwqs[cpu] = ctx.dflPwq;
      continue;
    }
    wqCalcPodCpumask(w, attrsOf, cpu);
    const pwq = yield* allocUnboundPwq(w, wq, attrsOf);
    if (pwq === null) {
      cleanup(ctx);
      return -ENOMEM;
    }
    ctx.pwqs[cpu] = pwq;
  }
  // what is queued on the old pwq has to be done before anything of the new one starts
  if ((wq.flags & __WQ_ORDERED) !== 0 && wq.pwqs.length > 0) ctx.dflPwq.plugged = true;
  return ctx;
}

/** Swap in what was prepared. @linux kernel/workqueue.c apply_wqattrs_commit() */
function* commit(w: Workqueues, ctx: ApplyContext): MaySleep<void> {
  const { wq } = ctx;
  yield* mutexLock(w.s, wq.mutex);
  copyWorkqueueAttrs(wq.unboundAttrs!, ctx.attrs);
  for (const cpu of w.s.possibleMask) ctx.pwqs[cpu] = installUnboundPwq(wq, cpu, ctx.pwqs[cpu]!);
  ctx.dflPwq = installUnboundPwq(wq, -1, ctx.dflPwq!);
  wqUpdateNodeMaxActive(w, wq, -1);
  if (wq.rescuer !== null) yield* setCpusAllowedPtr(w.s, wq.rescuer.task!, unboundEffectiveCpumask(wq));
  yield* mutexUnlock(w.s, wq.mutex);
}

function cleanup(ctx: ApplyContext): void {
  for (const pwq of ctx.pwqs) if (pwq !== null && pwq !== undefined) putPwq(pwq);
  if (ctx.dflPwq !== null) putPwq(ctx.dflPwq);
}

/** Put a pwq into the list of its queue, once. @linux kernel/workqueue.c link_pwq() */
export function linkPwq(pwq: PoolWorkqueue): void {
  if (pwq.linked) return;
  pwq.workColor = pwq.wq.workColor;
  pwq.linked = true;
  pwq.wq.pwqs.push(pwq);
}

/** @param cpu below 0: the default pwq @returns what was there before @linux kernel/workqueue.c install_unbound_pwq() */
function installUnboundPwq(wq: WorkqueueStruct, cpu: number, pwq: PoolWorkqueue): PoolWorkqueue | null {
  linkPwq(pwq);
  if (cpu < 0) {
    const old = wq.dflPwq;
    wq.dflPwq = pwq;
    return old;
  }
  const old = wq.cpuPwq[cpu] ?? null;
  wq.cpuPwq[cpu] = pwq;
  return old;
}

/**
 * A CPU came or went, or a scope changed: find the pool that now fits for a CPU.
 * @linux kernel/workqueue.c unbound_wq_update_pwq()
 */
export function* unboundWqUpdatePwq(w: Workqueues, wq: WorkqueueStruct, cpu: number): MaySleep<void> {
  if ((wq.flags & WQ_UNBOUND) === 0 || wq.unboundAttrs!.ordered) return;
  const target = allocWorkqueueAttrs(w);
  copyWorkqueueAttrs(target, wq.unboundAttrs!);
  wqattrsActualizeCpumask(target, w.unboundCpumask);
  wqCalcPodCpumask(w, target, cpu);
  if (wqattrsEqual(target, wq.cpuPwq[cpu]!.pool.attrs)) return;
  let pwq = yield* allocUnboundPwq(w, wq, target);
  if (pwq === null) {
    w.s.reports.printk('err', `workqueue: allocation failed while updating CPU pod affinity of "${wq.name}"`);
    pwq = wq.dflPwq!;
    getPwq(pwq);
  }
  yield* mutexLock(w.s, wq.mutex);
  const old = installUnboundPwq(wq, cpu, pwq);
  yield* mutexUnlock(w.s, wq.mutex);
  if (old !== null) putPwq(old);
}

/**
 * Change what all unbound works together may use, with wq_pool_mutex held.
 * @returns 0 or -ENOMEM; then nothing has changed
 * @linux kernel/workqueue.c workqueue_apply_unbound_cpumask()
 */
export function* workqueueApplyUnboundCpumask(w: Workqueues, mask: Cpumask): MaySleep<number> {
  const prepared: ApplyContext[] = [];
  let result = 0;
  for (const wq of w.workqueues) {
    if ((wq.flags & WQ_UNBOUND) === 0 || (wq.flags & __WQ_DESTROYING) !== 0) continue;
    const ctx = yield* prepare(w, wq, wq.unboundAttrs!, mask);
    if (typeof ctx === 'number') {
      result = ctx;
      break;
    }
    prepared.push(ctx);
  }
  for (const ctx of prepared) {
    if (result === 0) yield* commit(w, ctx);
    cleanup(ctx);
  }
  if (result !== 0) return result;
  yield* mutexLock(w.s, w.attachMutex);
  w.unboundCpumask = mask;
  yield* mutexUnlock(w.s, w.attachMutex);
  return 0;
}

/**
 * What writing /sys/devices/virtual/workqueue/cpumask does.
 * @returns 0; -EINVAL for a mask without a CPU; -ENOMEM
 * @linux kernel/workqueue.c workqueue_set_unbound_cpumask()
 */
export function* workqueueSetUnboundCpumask(w: Workqueues, mask: Cpumask): MaySleep<number> {
  const wanted = mask.and(w.s.possibleMask);
  if (wanted.empty) return -EINVAL;
  yield* mutexLock(w.s, w.poolMutex);
  const result = wanted.equals(w.unboundCpumask) ? 0 : yield* workqueueApplyUnboundCpumask(w, wanted);
  if (result === 0) w.requestedUnboundCpumask = wanted;
  yield* mutexUnlock(w.s, w.poolMutex);
  return result;
}

/** Keep unbound works off CPUs that are isolated. @returns 0 or -ENOMEM @linux kernel/workqueue.c workqueue_unbound_exclude_cpumask() */
export function* workqueueUnboundExcludeCpumask(w: Workqueues, exclude: Cpumask): MaySleep<number> {
  yield* mutexLock(w.s, w.poolMutex);
  const left = w.requestedUnboundCpumask.andNot(exclude);
  const mask = left.empty ? w.requestedUnboundCpumask : left;
  const result = mask.equals(w.unboundCpumask) ? 0 : yield* workqueueApplyUnboundCpumask(w, mask);
  if (result === 0) w.isolatedCpumask = exclude;
  yield* mutexUnlock(w.s, w.poolMutex);
  return result;
}

/**
 * What writing the parameter workqueue.default_affinity_scope does.
 * @returns 0 or -EINVAL
 * @linux kernel/workqueue.c wq_affn_dfl_set()
 */
export function* wqAffnDflSet(w: Workqueues, text: string): MaySleep<number> {
  const scope = parseAffnScope(text);
  if (scope < 0) return scope;
  if (scope === WQ_AFFN_DFL) return -EINVAL;
  yield* mutexLock(w.s, w.poolMutex);
  w.dflAffnScope = scope;
  for (const wq of w.workqueues) for (const cpu of w.s.onlineMask) yield* unboundWqUpdatePwq(w, wq, cpu);
  yield* mutexUnlock(w.s, w.poolMutex);
  return 0;
}
