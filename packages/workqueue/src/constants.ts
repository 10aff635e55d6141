/** Stands for "any CPU": NR_CPUS of Debian's build, as traces show it. @linux include/linux/workqueue.h WORK_CPU_UNBOUND */
export const WORK_CPU_UNBOUND = 8192;

/** Works run in softirq context of the CPU that queued them. @linux include/linux/workqueue.h enum wq_flags */
export const WQ_BH = 0x1;
/** Served by pools of any CPU, without concurrency management. */
export const WQ_UNBOUND = 0x2;
/** Starts nothing while the system is frozen. */
export const WQ_FREEZABLE = 0x4;
/** Has a rescuer, so that it makes progress when no worker can be made. */
export const WQ_MEM_RECLAIM = 0x8;
/** Served by workers of nice -20. */
export const WQ_HIGHPRI = 0x10;
/** Running works do not keep others of the pool from starting. */
export const WQ_CPU_INTENSIVE = 0x20;
/** Shown under /sys/devices/virtual/workqueue. */
export const WQ_SYSFS = 0x40;
/** Unbound if the power_efficient parameter is on at allocation. */
export const WQ_POWER_EFFICIENT = 0x80;
/** Internal: destroy_workqueue() has begun. */
export const __WQ_DESTROYING = 0x8000;
/** Internal: only works of the queue itself may queue on it. */
export const __WQ_DRAINING = 0x10000;
/** Internal: one work at a time, in queueing order. */
export const __WQ_ORDERED = 0x20000;
/** Internal: made by one of the create_*workqueue() calls. */
export const __WQ_LEGACY = 0x40000;
/** What may be combined with {@link WQ_BH}. */
export const __WQ_BH_ALLOWS: number = WQ_BH | WQ_HIGHPRI;

/** Limits of max_active. @linux include/linux/workqueue.h enum wq_consts */
export const WQ_MAX_ACTIVE = 512;
/** max_active if 0 is asked for. */
export const WQ_DFL_ACTIVE = 256;
/** min_active of an unbound queue, unless max_active is lower. */
export const WQ_DFL_MIN_ACTIVE = 8;
/** max_active of a BH queue. */
export const INT_MAX = 0x7fffffff;

/** `work.flags`: queued, waiting for a timer or for RCU, or being taken. @linux include/linux/workqueue.h enum work_bits */
export const WORK_STRUCT_PENDING = 1;
/** Waits in `pwq.inactiveWorks`; on a barrier: does not count as active. */
export const WORK_STRUCT_INACTIVE = 2;
/** On a queue: `work.pwq` is valid. */
export const WORK_STRUCT_PWQ = 4;
/** The next entry of the list belongs to this one and moves with it. */
export const WORK_STRUCT_LINKED = 8;
/** Colours that a flush can have. */
export const WORK_NR_COLORS = 16;
/** `work.poolId`: has not run yet. */
export const WORK_OFFQ_POOL_NONE = -1;
/** The deepest that a work can be disabled. */
export const WORK_DISABLE_MAX = 65535;

/** Bits of {@link workBusy}. @linux include/linux/workqueue.h */
export const WORK_BUSY_PENDING = 1;
/** See {@link WORK_BUSY_PENDING}. */
export const WORK_BUSY_RUNNING = 2;

/** `pool.flags`. @linux kernel/workqueue.c enum worker_pool_flags */
export const POOL_BH = 0x1;
/** A worker makes workers, or the pool is going away. */
export const POOL_MANAGER_ACTIVE = 0x2;
/** Not tied to its CPU: unbound, BH, or the CPU is down. */
export const POOL_DISASSOCIATED = 0x4;
/** Its CPU is dead and another one runs what it left. */
export const POOL_BH_DRAINING = 0x8;

/** `worker.flags`. @linux kernel/workqueue.c enum worker_flags */
export const WORKER_DIE = 0x2;
/** Idle, in the pool's idle list. */
export const WORKER_IDLE = 0x4;
/** Between two batches of works. */
export const WORKER_PREP = 0x8;
/** Runs a work that does not count. */
export const WORKER_CPU_INTENSIVE = 0x40;
/** Its pool is disassociated. */
export const WORKER_UNBOUND = 0x80;
/** Its CPU came back while it was busy. */
export const WORKER_REBOUND = 0x100;
/** Any of these: the worker is not in `pool.nrRunning`. */
export const WORKER_NOT_RUNNING: number = WORKER_PREP | WORKER_CPU_INTENSIVE | WORKER_UNBOUND | WORKER_REBOUND;

/** Bytes of a queue's name that are kept. @linux include/linux/workqueue.h WQ_NAME_LEN, less the NUL */
export const WQ_NAME_MAX = 31;
/** Bytes of a worker's description that are kept. */
export const WORKER_DESC_MAX = 31;

/** Normal and highpri pool. @linux kernel/workqueue.c enum wq_internal_consts */
export const NR_STD_WORKER_POOLS = 2;
/** One idle worker may stay for so many busy ones. */
export const MAX_IDLE_WORKERS_RATIO = 4;
/** Jiffies after which a superfluous idle worker goes: 300 s. */
export const IDLE_WORKER_TIMEOUT = 75_000;
/** Jiffies of worker creation after which rescuers are called: 8 ms. */
export const MAYDAY_INITIAL_TIMEOUT = 2;
/** Jiffies between two calls for rescuers. */
export const MAYDAY_INTERVAL = 25;
/** Jiffies to wait after a failed creation. */
export const CREATE_COOLDOWN = 250;
/** A rescuer turns to the next queue after one more than so many works. */
export const RESCUER_BATCH = 16;
/** Nice of rescuers and of highpri workers. */
export const HIGHPRI_NICE_LEVEL = -20;
/** Jiffies after which BH works leave the softirq. */
export const BH_WORKER_JIFFIES = 1;
/** BH works after which they leave the softirq. */
export const BH_WORKER_RESTARTS = 10;
/** Different functions of which the CPU-intensive report keeps count. */
export const WCI_MAX_ENTS = 128;
/** Length of a tick in us, as the CPU time counter takes it. */
export const TICK_USEC = 4000;

/** Indices of `pwq.stats`. @linux kernel/workqueue.c enum pool_workqueue_stats */
export const PWQ_STAT_STARTED = 0;
/** Works that ended. */
export const PWQ_STAT_COMPLETED = 1;
/** CPU time in us, by the tick. */
export const PWQ_STAT_CPU_TIME = 2;
/** Works that ran longer than the threshold. */
export const PWQ_STAT_CPU_INTENSIVE = 3;
/** Workers woken because another one slept or was CPU-intensive. */
export const PWQ_STAT_CM_WAKEUP = 4;
/** Unbound workers brought back into their affinity scope. */
export const PWQ_STAT_REPATRIATED = 5;
/** Calls for the rescuer. */
export const PWQ_STAT_MAYDAY = 6;
/** Works that the rescuer ran. */
export const PWQ_STAT_RESCUED = 7;
/** How many there are. */
export const PWQ_NR_STATS = 8;
