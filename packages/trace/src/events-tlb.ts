import { EventDef } from './event-def.ts';
import { DECIMAL, explained, type FieldType } from './field-types.ts';

const REASONS = [
  'flush on task switch',
  'remote shootdown',
  'local shootdown',
  'local mm shootdown',
  'remote ipi send',
];
const REASON: FieldType<number> = explained(
  (reason) => `${REASONS[reason] ?? `0x${reason.toString(16)}`} (${reason})`,
  '[\\w ]+ \\((\\d+)\\)',
);

/** Fields of {@link TLB_FLUSH}. */
export interface TlbFlushFields {
  /** Number of pages, -1 for all. */
  readonly pages: number;
  /** 0 task switch, 1 remote shootdown, 2 local shootdown, 3 local mm shootdown, 4 remote ipi send. */
  readonly reason: number;
}

/** A CPU flushes its TLB, or asks others to. @linux include/trace/events/tlb.h tlb_flush */
export const TLB_FLUSH: EventDef<TlbFlushFields> = new EventDef<TlbFlushFields>(
  'tlb',
  'tlb_flush',
  'pages:{pages} reason:{reason}',
  { pages: DECIMAL, reason: REASON },
);
