export { blockedTasks, type BlockedTask } from './blocked.ts';
export { BootChooser } from './boot-chooser.ts';
export type { BootConfig, BootDaemons, DaemonUse } from './config.ts';
export {
  Kernel,
  UserProcess,
  UserSpace,
  type SpawnOptions,
  type UserFn,
  type UserHandler,
} from '@kernel-model/daemons';
export { Machine, boot, type RunResult } from './machine.ts';
