/** What the freezer asks of the workqueues, which stand above it. @linux kernel/workqueue.c */
export interface FreezerHooks {
  /** No new item of a freezable workqueue starts from here on. @linux kernel/workqueue.c freeze_workqueues_begin() */
  freezeWorkqueuesBegin(): void;
  /** Is an item of a freezable workqueue still running? @linux kernel/workqueue.c freeze_workqueues_busy() */
  freezeWorkqueuesBusy(): boolean;
  /** Start what was held back. @linux kernel/workqueue.c thaw_workqueues() */
  thawWorkqueues(): void;
}

/** State of the freezer of one machine. @linux kernel/freezer.c, kernel/power/process.c */
export class Freezer {
  /** Conditions under which some task has to freeze; 0 makes every question cheap. @linux freezer_active */
  active = 0;
  /** User tasks freeze. */
  pmFreezing = false;
  /** Everything freezable freezes. */
  pmNosigFreezing = false;
  /** A wakeup event came: the freeze shall be given up. @linux drivers/base/power/wakeup.c pm_wakeup_pending() */
  wakeupPending = false;
  /** How long a freeze may take, in ms. */
  freezeTimeoutMs = 20_000;
  /** Replaced by the workqueue package. */
  hooks: FreezerHooks = {
    freezeWorkqueuesBegin() {},
    freezeWorkqueuesBusy: () => false,
    thawWorkqueues() {},
  };
}
