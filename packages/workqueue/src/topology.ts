import { Cpumask } from '@kernel-model/scheduler';

/** How close the CPUs of a machine are to each other. CPUs that no group names are a group each; see {@link WqTopology}. */
export interface WqTopologyConfig {
  /** Hardware threads of a core; default: every CPU is a core. */
  readonly smt?: readonly Cpumask[];
  /** CPUs that share a last-level cache; default: all. */
  readonly cache?: readonly Cpumask[];
  /** NUMA nodes, in order; default: one. */
  readonly nodes?: readonly Cpumask[];
}

/** Affinity scopes, from narrow to wide. @linux include/linux/workqueue.h enum wq_affn_scope */
export const WQ_AFFN_DFL = 0;
/** Every CPU by itself. */
export const WQ_AFFN_CPU = 1;
/** Threads of a core. */
export const WQ_AFFN_SMT = 2;
/** CPUs with a common last-level cache. */
export const WQ_AFFN_CACHE = 3;
/** A NUMA node. */
export const WQ_AFFN_NUMA = 4;
/** The machine. */
export const WQ_AFFN_SYSTEM = 5;
/** How many scopes there are. */
export const WQ_AFFN_NR_TYPES = 6;

/** Names of the scopes, by number. */
export const WQ_AFFN_NAMES: readonly string[] = ['default', 'cpu', 'smt', 'cache', 'numa', 'system'];

/** The division of the CPUs that a scope makes. @linux kernel/workqueue.c struct wq_pod_type */
export class WqPodType {
  readonly podCpus: Cpumask[] = [];
  readonly podNode: number[] = [];
  readonly cpuPod: number[] = [];
}

/** The pods of every scope. @linux kernel/workqueue.c wq_pod_types */
export class WqTopology {
  readonly nrNodes: number;
  readonly #types: WqPodType[] = [];
  readonly #nodes: readonly Cpumask[];

  constructor(possible: Cpumask, config: WqTopologyConfig = {}) {
    this.#nodes = config.nodes ?? [possible];
    this.nrNodes = this.#nodes.length;
    this.#types[WQ_AFFN_CPU] = this.#pods(possible, []);
    this.#types[WQ_AFFN_SMT] = this.#pods(possible, config.smt ?? []);
    this.#types[WQ_AFFN_CACHE] = this.#pods(possible, config.cache ?? [possible]);
    this.#types[WQ_AFFN_NUMA] = this.#pods(possible, this.#nodes);
    this.#types[WQ_AFFN_SYSTEM] = this.#pods(possible, [possible]);
    this.#types[WQ_AFFN_SYSTEM].podNode[0] = -1;
  }

  /** The pods of a scope, which is not the default one. */
  type(scope: number): WqPodType {
    return this.#types[scope]!;
  }

  /** NUMA node of a CPU. */
  nodeOf(cpu: number): number {
    return Math.max(
      0,
      this.#nodes.findIndex((node) => node.has(cpu)),
    );
  }

  /** CPUs of a node; none if there is no such node. */
  nodeCpus(node: number): Cpumask {
    return this.#nodes[node] ?? Cpumask.NONE;
  }

  /** Number the pods in the order of their lowest CPUs. @linux kernel/workqueue.c init_pod_type() */
  #pods(possible: Cpumask, groups: readonly Cpumask[]): WqPodType {
    const pt = new WqPodType();
    for (const cpu of possible) {
      const group = groups.find((mask) => mask.has(cpu)) ?? Cpumask.of(cpu);
      const first = group.and(possible).lowest;
      if (first === cpu) {
        pt.cpuPod[cpu] = pt.podCpus.length;
        pt.podCpus.push(group.and(possible));
        pt.podNode.push(this.nodeOf(cpu));
      } else {
        pt.cpuPod[cpu] = pt.cpuPod[first]!;
      }
    }
    return pt;
  }
}
