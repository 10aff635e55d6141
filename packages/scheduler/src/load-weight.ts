/** Weights of nice -20 .. 19. @linux kernel/sched/core.c sched_prio_to_weight */
const PRIO_TO_WEIGHT = [
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991,
  1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
] as const;
/** 2^32 / weight, as the kernel rounds it. @linux kernel/sched/core.c sched_prio_to_wmult */
const PRIO_TO_WMULT = [
  48388, 59856, 76040, 92818, 118348, 147320, 184698, 229616, 287308, 360437, 449829, 563644, 704093, 875809, 1099582,
  1376151, 1717300, 2157191, 2708050, 3363326, 4194304, 5237765, 6557202, 8165337, 10153587, 12820798, 15790321,
  19976592, 24970740, 31350126, 39045157, 49367440, 61356676, 76695844, 95443717, 119304647, 148102320, 186737708,
  238609294, 286331153,
] as const;

/** Weight of a task and the fixed-point factor that turns its runtime into virtual time. One object per weight. */
export class LoadWeight {
  /** (runtime * fact) >> shift is virtual time. */
  readonly fact: number;
  /** See {@link fact}. */
  readonly shift: number;
  /**
   * @param weight 3 (SCHED_IDLE), or 15 .. 88761
   * @param wmult 2^32 / weight
   */
  constructor(
    readonly weight: number,
    wmult: number,
  ) {
    let fact = 1024 * wmult;
    let shift = 32;
    while (fact >= 0x1_0000_0000) {
      fact = Math.floor(fact / 2);
      shift--;
    }
    this.fact = fact;
    this.shift = shift;
  }
}

const NICE_LOADS = PRIO_TO_WEIGHT.map((weight, i) => new LoadWeight(weight, PRIO_TO_WMULT[i]!));

/** Load of a SCHED_IDLE task. @linux kernel/sched/sched.h WEIGHT_IDLEPRIO */
export const IDLE_LOAD: LoadWeight = new LoadWeight(3, 1431655765);

/** Load of nice 0. */
export const NICE_0_LOAD: LoadWeight = NICE_LOADS[20]!;

/** Load of a nice value, -20 .. 19. */
export function loadOfNice(nice: number): LoadWeight {
  return NICE_LOADS[nice + 20]!;
}

/**
 * Virtual time in ns that `delta` ns of runtime are worth.
 * The product exceeds 2^53, hence the split at 2^20; exact for delta below 2^41 ns (36 minutes in one go).
 * @linux kernel/sched/fair.c calc_delta_fair()
 */
export function calcDeltaFair(delta: number, load: LoadWeight): number {
  if (load.weight === 1024) return delta;
  const high = Math.floor(delta / 0x100000);
  const low = delta - high * 0x100000;
  const a = load.fact * high;
  const unit = 2 ** (load.shift - 20);
  if (load.shift < 20) return Number((BigInt(delta) * BigInt(load.fact)) >> BigInt(load.shift));
  const q = Math.floor(a / unit);
  return q + Math.floor(((a - q * unit) * 0x100000 + load.fact * low) / (unit * 0x100000));
}
