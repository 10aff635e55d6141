import type { IdleThreadSpec } from './idle-threads.ts';

/** PF_KCOMPACTD. @linux include/linux/sched.h */
export const PF_KCOMPACTD = 0x10000;

/**
 * Workqueues with a rescuer that exist before works can run; their rescuers are the first threads, in this order.
 * `ordered` stands for one work at a time, `unbound` for any CPU.
 * @linux rcu_init(), kmem_cache_init_late(), net_ns_init()
 */
export const EARLY_WORKQUEUES: readonly RescuedWorkqueue[] = [
  { name: 'kvfree_rcu_reclaim', kind: 'unbound' },
  { name: 'rcu_gp', kind: 'percpu' },
  { name: 'sync_wq', kind: 'ordered' },
  { name: 'slub_flushwq', kind: 'percpu' },
  { name: 'netns', kind: 'ordered' },
];

/** A workqueue that has a thread of its own for the case that memory is short. */
export interface RescuedWorkqueue {
  readonly name: string;
  readonly kind: 'percpu' | 'unbound' | 'ordered';
  /** Shown in /sys/devices/virtual/workqueue. */
  readonly sysfs?: boolean;
  /** Starts no work while the system is frozen. */
  readonly freezable?: boolean;
}

/** Only waits: no address space is registered for huge pages. */
export const KHUGEPAGED: IdleThreadSpec = {
  name: 'khugepaged',
  freezable: true,
  nice: 19,
  waitsFor: 'address spaces to scan',
};

/** What initcalls start, in this order. @linux init/main.c do_initcalls() */
export type InitcallStep =
  | { readonly workqueue: RescuedWorkqueue; readonly driver?: boolean }
  | { readonly thread: IdleThreadSpec }
  | {
      readonly start:
        'kdevtmpfs' | 'khungtaskd' | 'oom_reaper' | 'kcompactd' | 'khugepaged' | 'ksmd' | 'kswapd' | 'acpi';
    };

/** Only waits: nobody is traced or runs BPF programs that sleep. */
export const RCU_TASKS_TRACE: IdleThreadSpec = {
  name: 'rcu_tasks_trace_kthread',
  state: 'I',
  waitsFor: 'rcu_tasks_trace callbacks',
};

/** In the order in which a machine with Debian's kernel started them. `driver`: only if there is such a driver. */
export const INITCALLS: readonly InitcallStep[] = [
  { start: 'kdevtmpfs' },
  { workqueue: { name: 'inet_frag_wq', kind: 'percpu' } },
  { thread: { name: 'kauditd', freezable: true, waitsFor: 'audit records' } },
  { start: 'khungtaskd' },
  { start: 'oom_reaper' },
  { workqueue: { name: 'writeback', kind: 'unbound', sysfs: true } },
  { start: 'kcompactd' },
  { start: 'ksmd' },
  { start: 'khugepaged' },
  { workqueue: { name: 'kintegrityd', kind: 'percpu' } },
  { workqueue: { name: 'kblockd', kind: 'percpu' } },
  { workqueue: { name: 'blkcg_punt_bio', kind: 'unbound', sysfs: true, freezable: true } },
  { start: 'acpi' },
  { workqueue: { name: 'tpm_dev_wq', kind: 'percpu' }, driver: true },
  { workqueue: { name: 'edac-poller', kind: 'ordered' }, driver: true },
  { workqueue: { name: 'devfreq_wq', kind: 'ordered' }, driver: true },
  { workqueue: { name: 'quota_events_unbound', kind: 'unbound' } },
  { start: 'kswapd' },
  { workqueue: { name: 'kthrotld', kind: 'percpu' } },
  { workqueue: { name: 'acpi_thermal_pm', kind: 'ordered' }, driver: true },
  { workqueue: { name: 'mld', kind: 'ordered' }, driver: true },
  { workqueue: { name: 'ipv6_addrconf', kind: 'ordered' }, driver: true },
  { workqueue: { name: 'kstrp', kind: 'ordered' }, driver: true },
];
