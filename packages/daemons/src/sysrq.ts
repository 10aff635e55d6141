import type { MaySleep } from '@kernel-model/sim';
import { GFP_KERNEL } from '@kernel-model/mm';
import { WorkStruct, scheduleWork } from '@kernel-model/workqueue';
import type { KernelDaemons } from './kernel-daemons.ts';

/**
 * A key of /proc/sysrq-trigger: `f` kills a process as if memory had run out. Others print what there is.
 * @linux drivers/tty/sysrq.c __handle_sysrq()
 */
export function* handleSysrq(d: KernelDaemons, text: string): MaySleep<void> {
  const { reports } = d.k.s;
  if (!text.startsWith('f')) {
    reports.printk('info', 'sysrq: HELP : memory-full-oom-kill(f)');
    return;
  }
  reports.printk('info', 'sysrq: Manual OOM execution');
  yield* scheduleWork(d.w, new WorkStruct(() => moomCallback(d), 'moom_callback'));
}

/** @linux drivers/tty/sysrq.c moom_callback() */
function* moomCallback(d: KernelDaemons): MaySleep<void> {
  if (!(yield* d.oomKiller.outOfMemory(GFP_KERNEL, -1)))
    d.k.s.reports.printk('info', 'OOM request ignored. No task eligible');
}
