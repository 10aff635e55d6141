import type { MaySleep } from '@kernel-model/sim';
import { waitqueueActive } from '@kernel-model/scheduler';
import type { Kthreads } from '@kernel-model/kthread';
import type { MmSubsystem } from '@kernel-model/mm';
import type { CpuHotplug } from './cpu-hotplug.ts';
import { ThreadedIrq } from './irq-thread.ts';
import { Kcompactd } from './kcompactd.ts';
import { Devtmpfs } from './kdevtmpfs.ts';
import { HungTaskDetector } from './khungtaskd.ts';
import { Kswapd } from './kswapd.ts';
import { OomReaper } from './oom-reaper.ts';
import { Pgdat } from './pgdat.ts';
import { SoftlockupDetector } from './softlockup.ts';

/** The kernel's own daemons on one machine, with handles to what they look after. */
export class KernelDaemons {
  readonly hungTask: HungTaskDetector;
  readonly softlockup: SoftlockupDetector;
  readonly devtmpfs: Devtmpfs;
  readonly oomReaper: OomReaper;
  /** Memory, which kswapd and kcompactd look after. */
  readonly pgdat: Pgdat;
  readonly kswapd: Kswapd;
  readonly kcompactd: Kcompactd;
  /** Interrupt 9, by which ACPI reports events. */
  readonly acpi: ThreadedIrq;

  constructor(
    readonly k: Kthreads,
    mm: MmSubsystem,
    memoryPages: number,
  ) {
    this.hungTask = new HungTaskDetector(k, () => mm.oopsCount > 0);
    this.softlockup = new SoftlockupDetector(k.s);
    this.devtmpfs = new Devtmpfs(k);
    this.oomReaper = new OomReaper(k);
    this.pgdat = new Pgdat(k.s, memoryPages);
    this.kswapd = new Kswapd(k, this.pgdat);
    this.kcompactd = new Kcompactd(k, () => !waitqueueActive(this.pgdat.kswapdWait));
    this.pgdat.wakeupKcompactd = (order) => this.kcompactd.wakeup(order);
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

  /** Start one of them. */
  *start(name: 'kdevtmpfs' | 'khungtaskd' | 'oom_reaper' | 'kcompactd' | 'kswapd' | 'acpi'): MaySleep<void> {
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
      case 'kswapd':
        yield* this.kswapd.start();
        break;
      case 'acpi':
        yield* this.acpi.request();
        break;
    }
  }
}
