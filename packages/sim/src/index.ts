export type { Arbiter } from './arbiter.ts';
export type { Access, Choice, Chooser } from './chooser.ts';
export { InvariantViolation, UsageError, violated, type UsageDetail } from './errors.ts';
export { EventQueue, SimEvent } from './event-queue.ts';
export { RandomStream } from './random.ts';
export { Sim, type SimOptions } from './sim.ts';
export { BufferedStore, Precedence, StoreBuffer, type Memory } from './store-buffer.ts';
export {
  POINT,
  READ,
  SLEEP,
  WRITE,
  type AccessKind,
  type MaySleep,
  type Point,
  type Sleep,
  type Step,
} from './step.ts';
