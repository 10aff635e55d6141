import type { MaySleep } from '@kernel-model/sim';
import { EBUSY, waitqueueActive } from '@kernel-model/scheduler';
import type { Kthreads } from '@kernel-model/kthread';
import { recommendedMinFreeKbytes, setupPerZoneWmarks, type MmSubsystem } from '@kernel-model/mm';
import { scheduleOnEachCpu, type WorkqueueStruct, type Workqueues } from '@kernel-model/workqueue';
import type { CpuHotplug } from './cpu-hotplug.ts';
import { Filesystem } from './filesystem.ts';
import { ThreadedIrq } from './irq-thread.ts';
import { startIdleThread } from './idle-threads.ts';
import { Kcompactd } from './kcompactd.ts';
import { KHUGEPAGED, RCU_TASKS_TRACE } from './linux-threads.ts';
import { Devtmpfs } from './kdevtmpfs.ts';
import { HungTaskDetector } from './khungtaskd.ts';
import { Ksmd } from './ksmd.ts';
import { Kswapd } from './kswapd.ts';
import { OomKiller } from './oom-kill.ts';
import { OomReaper } from './oom-reaper.ts';
import { Pgdat } from './pgdat.ts';
import { RcuTasks } from './rcu-tasks.ts';
import { SoftlockupDetector } from './softlockup.ts';
import { DirtySettings } from './writeback.ts';

/** errno: no such device. */
const ENODEV = 19;

/** The kernel's own daemons on one machine, with handles to what they look after. */
export class KernelDaemons {
  readonly hungTask: HungTaskDetector;
  readonly softlockup: SoftlockupDetector;
  readonly devtmpfs: Devtmpfs;
  readonly oomReaper: OomReaper;
  readonly oomKiller: OomKiller;
  /** Memory, which kswapd and kcompactd look after. */
  readonly pgdat: Pgdat;
  readonly kswapd: Kswapd;
  readonly kcompactd: Kcompactd;
  readonly ksmd: Ksmd;
  /** Grace periods of tasks, and of CPUs the rude way. */
  readonly rcuTasks: RcuTasks;
  readonly rcuTasksRude: RcuTasks;
  /** The workqueue of the flushers; null until the boot has made it. @linux mm/backing-dev.c bdi_wq */
  bdiWq: WorkqueueStruct | null = null;
  /** When the flushers write. */
  readonly dirtySettings: DirtySettings = new DirtySettings();
  /** What is mounted, by device, in order of mounting. */
  readonly mounts: Filesystem[] = [];
  /** Interrupt 9, by which ACPI reports events. */
  readonly acpi: ThreadedIrq;

  constructor(
    readonly k: Kthreads,
    readonly w: Workqueues,
    mm: MmSubsystem,
    memoryPages: number,
  ) {
    this.hungTask = new HungTaskDetector(k, () => mm.oopsCount > 0);
    this.softlockup = new SoftlockupDetector(k.s);
    this.devtmpfs = new Devtmpfs(k);
    this.oomReaper = new OomReaper(k);
    this.ksmd = new Ksmd(k);
    this.rcuTasks = new RcuTasks(k, 'rcu_tasks');
    this.rcuTasksRude = new RcuTasks(k, 'rcu_tasks_rude', () => scheduleOnEachCpu(w, rcuTasksBeRude));
    this.pgdat = new Pgdat(k.s, memoryPages);
    mm.memory = this.pgdat;
    this.oomKiller = new OomKiller(k.signals, mm, this.pgdat, this.oomReaper);
    const outOfMemory: Pgdat['outOfMemory'] = (gfp, order) => this.oomKiller.outOfMemory(gfp, order);
    this.pgdat.outOfMemory = outOfMemory;
    this.kswapd = new Kswapd(k, this.pgdat);
    this.kcompactd = new Kcompactd(k, () => !waitqueueActive(this.pgdat.kswapdWait));
    const wakeupKcompactd: Pgdat['wakeupKcompactd'] = (order, idx) => this.kcompactd.wakeup(order, idx);
    this.pgdat.wakeupKcompactd = wakeupKcompactd;
    this.acpi = new ThreadedIrq(
      k,
      9,
      'acpi',
      () => true,
      function* () {},
    );
  }

  /** Let the soft-lockup watchdog follow CPUs that come and go. @linux kernel/watchdog.c lockup_detector_setup() */
  *watch(hp: CpuHotplug): MaySleep<void> {
    const { softlockup } = this;
    yield* hp.setupState({
      name: 'lockup_detector:online',
      startup: function* lockup_detector_online_cpu(cpu) {
        softlockup.enable(cpu);
        return 0;
      },
      teardown: function* lockup_detector_offline_cpu(cpu) {
        softlockup.disable(cpu);
        return 0;
      },
    });
  }

  /**
   * Mount the first partition of a disk: starts jbd2/DEVICE. What is written there, see {@link Filesystem.write}, is brought
   * to the disk by a flusher.
   * @param device sda1, sdb1 ...
   * @returns the filesystem, or a negative errno: -EBUSY if it is mounted, -ENODEV if there is no such device
   * @linux fs/super.c get_tree_bdev()
   */
  *mount(device: string): MaySleep<Filesystem | number> {
    const disk = /^sd([a-z])1$/.exec(device)?.[1];
    if (disk === undefined || this.bdiWq === null) return -ENODEV;
    if (this.mounts.some((fs) => fs.device === device)) return -EBUSY;
    const { k, w, bdiWq, pgdat, dirtySettings } = this;
    // 16 minor numbers for each disk
    const bdi = `8:${(disk.charCodeAt(0) - 'a'.charCodeAt(0)) * 16}`;
    const fs = new Filesystem({ k, w, bdiWq, pgdat, dirtySettings }, device, bdi);
    this.mounts.push(fs);
    const error = yield* fs.mount();
    if (error === 0) return fs;
    this.mounts.splice(this.mounts.indexOf(fs), 1);
    return error;
  }

  /** Undo {@link mount}, after everything has been written. @linux fs/super.c generic_shutdown_super() */
  *umount(fs: Filesystem): MaySleep<void> {
    yield* fs.unmount();
    this.mounts.splice(this.mounts.indexOf(fs), 1);
  }

  /** Write everything that is dirty. @linux fs/sync.c ksys_sync() */
  *sync(): MaySleep<void> {
    for (const fs of [...this.mounts]) yield* fs.sync();
  }

  /** Start the threads for grace periods of tasks. @linux kernel/rcu/update.c rcu_init_tasks_generic() */
  *startRcuTasks(): MaySleep<void> {
    yield* this.rcuTasks.start();
    yield* this.rcuTasksRude.start();
    yield* startIdleThread(this.k, RCU_TASKS_TRACE);
  }

  /** Start one of them. */
  *start(
    name: 'kdevtmpfs' | 'khungtaskd' | 'oom_reaper' | 'kcompactd' | 'khugepaged' | 'ksmd' | 'kswapd' | 'acpi',
  ): MaySleep<void> {
    switch (name) {
      case 'kdevtmpfs':
        yield* this.devtmpfs.start();
        break;
      case 'khungtaskd':
        yield* this.hungTask.start();
        break;
      case 'oom_reaper':
        yield* this.oomReaper.start();
        break;
      case 'kcompactd':
        yield* this.kcompactd.start();
        break;
      case 'khugepaged':
        setupPerZoneWmarks(this.pgdat.zones, recommendedMinFreeKbytes(this.pgdat.zones));
        yield* startIdleThread(this.k, KHUGEPAGED);
        break;
      case 'ksmd':
        yield* this.ksmd.start();
        break;
      case 'kswapd':
        yield* this.kswapd.start();
        break;
      case 'acpi':
        yield* this.acpi.request();
        break;
    }
  }
}

/** That it runs is all. @linux kernel/rcu/tasks.h rcu_tasks_be_rude() */
function* rcuTasksBeRude(): MaySleep<void> {}
