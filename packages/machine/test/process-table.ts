/**
 * Kernel threads of a real machine, freshly booted: Debian's 6.12.95 on 2 CPUs, from /proc/PID/stat. Pid, name, state,
 * flags, priority and nice as ps shows them, real-time priority, policy, and the CPUs that a bound thread may use.
 */
export const REAL_PROCESS_TABLE = `
2 kthreadd S 2129984 20 0 0 0
3 pool_workqueue_release S 2129984 20 0 0 0
4 kworker/R-kvfree_rcu_reclaim I 69238880 0 -20 0 0
5 kworker/R-rcu_gp I 69238880 0 -20 0 0
6 kworker/R-sync_wq I 69238880 0 -20 0 0
7 kworker/R-slub_flushwq I 69238880 0 -20 0 0
8 kworker/R-netns I 69238880 0 -20 0 0
9 kworker/0:0 I 69238880 20 0 0 0
10 kworker/0:1 I 69238880 20 0 0 0
11 kworker/0:0H I 69238880 0 -20 0 0
12 kworker/u8:0 I 69238880 20 0 0 0
13 kworker/R-mm_percpu_wq I 69238880 0 -20 0 0
14 rcu_tasks_kthread I 2129984 20 0 0 0
15 rcu_tasks_rude_kthread I 2129984 20 0 0 0
16 rcu_tasks_trace_kthread I 2129984 20 0 0 0
17 ksoftirqd/0 S 69238848 20 0 0 0
18 rcu_preempt I 2129984 20 0 0 0
19 rcu_exp_par_gp_kthread_worker/0 S 2129984 20 0 0 0
20 rcu_exp_gp_kthread_worker S 2129984 20 0 0 0
21 migration/0 S 69238848 -100 0 99 1
22 idle_inject/0 S 69238848 -51 0 50 1
23 cpuhp/0 S 69238848 20 0 0 0
24 cpuhp/1 S 69238848 20 0 0 0
25 idle_inject/1 S 69238848 -51 0 50 1
26 migration/1 S 69238848 -100 0 99 1
27 ksoftirqd/1 S 69238848 20 0 0 0
28 kworker/1:0 I 69238880 20 0 0 0
29 kworker/1:0H I 69238880 0 -20 0 0
`.trim();

/** What came after them, in this order; the pids vary with short-lived workers. Without workers made on demand. */
export const REAL_LATER_THREADS = `
kdevtmpfs S 2130240 20 0 0 0
kworker/R-inet_frag_wq I 69238880 0 -20 0 0
kauditd S 2097216 20 0 0 0
khungtaskd S 2129984 20 0 0 0
oom_reaper S 2097216 20 0 0 0
kworker/R-writeback I 69238880 0 -20 0 0
kcompactd0 S 2162752 20 0 0 0
ksmd S 2097216 25 5 0 0
khugepaged S 2097216 39 19 0 0
kworker/R-kintegrityd I 69238880 0 -20 0 0
kworker/R-kblockd I 69238880 0 -20 0 0
kworker/R-blkcg_punt_bio I 69238880 0 -20 0 0
irq/9-acpi S 2129984 -51 0 50 1
kworker/R-tpm_dev_wq I 69238880 0 -20 0 0
kworker/R-edac-poller I 69238880 0 -20 0 0
kworker/R-devfreq_wq I 69238880 0 -20 0 0
kworker/R-quota_events_unbound I 69238880 0 -20 0 0
kswapd0 S 2230336 20 0 0 0
kworker/R-kthrotld I 69238880 0 -20 0 0
kworker/R-acpi_thermal_pm I 69238880 0 -20 0 0
kworker/R-mld I 69238880 0 -20 0 0
kworker/R-ipv6_addrconf I 69238880 0 -20 0 0
kworker/R-kstrp I 69238880 0 -20 0 0
`.trim();
