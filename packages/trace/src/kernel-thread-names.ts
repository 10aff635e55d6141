const FAMILIES =
  /^(?:kworker|ksoftirqd|migration|cpuhp|idle_inject|irq|jbd2|rcuo\w*|rcu[bc]|scsi_\w+|xfs\w*|ext4-\w+|nvme\w*|card\d*-\w+|napi)[/\d-]/;
const NAMES =
  /^(?:kthreadd|pool_workqueue_|rcu_\w+|kdevtmpfs|kauditd|khungtaskd|oom_reaper|kswapd\d+|kcompactd\d+|ksmd|khugepaged|watchdogd|hwrng|psimon|inet_frag_wq)$/;

/** Whether this is the name of a kernel thread of Linux itself. A trace does not say which tasks are kernel threads. */
export function isKernelThreadName(comm: string): boolean {
  return FAMILIES.test(comm) || NAMES.test(comm);
}
