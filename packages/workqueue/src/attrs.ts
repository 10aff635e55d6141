import { EINVAL, type Cpumask } from '@kernel-model/scheduler';
import { WQ_AFFN_DFL, WQ_AFFN_NAMES, WQ_AFFN_NR_TYPES, type WqPodType } from './topology.ts';
import type { Workqueues } from './workqueues.ts';

/** What makes one unbound pool different from another. @linux include/linux/workqueue.h struct workqueue_attrs */
export class WorkqueueAttrs {
  /** -20 .. 19. */
  nice = 0;
  /** Where works may run. */
  cpumask: Cpumask;
  /** Where they preferably run; set by the kernel. */
  podCpumask: Cpumask;
  /** Works do not leave the pod. */
  affnStrict = false;
  /** WQ_AFFN_*. */
  affnScope: number = WQ_AFFN_DFL;
  ordered = false;

  /** @param possible the CPUs of the machine */
  constructor(possible: Cpumask) {
    this.cpumask = this.podCpumask = possible;
  }
}

/** Attributes as they are by default: nice 0, all CPUs, the default scope. @linux kernel/workqueue.c alloc_workqueue_attrs() */
export function allocWorkqueueAttrs(w: Workqueues): WorkqueueAttrs {
  return new WorkqueueAttrs(w.s.possibleMask);
}

/** @linux kernel/workqueue.c copy_workqueue_attrs() */
export function copyWorkqueueAttrs(to: WorkqueueAttrs, from: WorkqueueAttrs): void {
  to.nice = from.nice;
  to.cpumask = from.cpumask;
  to.podCpumask = from.podCpumask;
  to.affnStrict = from.affnStrict;
  to.affnScope = from.affnScope;
  to.ordered = from.ordered;
}

/** May they share a pool? @linux kernel/workqueue.c wqattrs_equal() */
export function wqattrsEqual(a: WorkqueueAttrs, b: WorkqueueAttrs): boolean {
  if (a.nice !== b.nice || a.affnStrict !== b.affnStrict || !a.podCpumask.equals(b.podCpumask)) return false;
  return a.affnStrict || a.cpumask.equals(b.cpumask);
}

/** Clear what does not matter to a pool, so that pools can be shared. @linux kernel/workqueue.c wqattrs_clear_for_pool() */
export function wqattrsClearForPool(w: Workqueues, attrs: WorkqueueAttrs): void {
  attrs.affnScope = WQ_AFFN_NR_TYPES;
  attrs.ordered = false;
  if (attrs.affnStrict) attrs.cpumask = w.s.possibleMask;
}

/** Narrow a mask to what unbound works may use at all. @linux kernel/workqueue.c wqattrs_actualize_cpumask() */
export function wqattrsActualizeCpumask(attrs: WorkqueueAttrs, unbound: Cpumask): void {
  attrs.cpumask = attrs.cpumask.and(unbound);
  if (attrs.cpumask.empty) attrs.cpumask = unbound;
}

/** The pods of the scope of the attributes. @linux kernel/workqueue.c wqattrs_pod_type() */
export function wqattrsPodType(w: Workqueues, attrs: WorkqueueAttrs): WqPodType {
  const scope = attrs.affnScope === WQ_AFFN_DFL ? w.dflAffnScope : attrs.affnScope;
  return w.topology.type(w.topologyReady ? scope : WQ_AFFN_NR_TYPES - 1);
}

/** Prefer the CPUs of the pod of a CPU, if any of them can be used. @linux kernel/workqueue.c wq_calc_pod_cpumask() */
export function wqCalcPodCpumask(w: Workqueues, attrs: WorkqueueAttrs, cpu: number): void {
  const pt = wqattrsPodType(w, attrs);
  const pod = pt.podCpus[pt.cpuPod[cpu]!]!.and(attrs.cpumask);
  attrs.podCpumask = pod.and(w.onlineCpumask).empty ? attrs.cpumask : pod;
}

/**
 * The scope of a name. Like Linux, it is enough that the text begins with a name, in any case.
 * @returns WQ_AFFN_*, or -EINVAL
 * @linux kernel/workqueue.c parse_affn_scope()
 */
export function parseAffnScope(text: string): number {
  const lower = text.toLowerCase();
  const scope = WQ_AFFN_NAMES.findIndex((name) => lower.startsWith(name));
  return scope < 0 ? -EINVAL : scope;
}
