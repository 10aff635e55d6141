/**
 * The context columns of a trace line, as one number: the kernel's common_flags in bits 0-7, and its
 * common_preempt_count above, preempt depth in bits 8-11 and migrate-disable depth in bits 12-15.
 */
export const TRACE_FLAG_IRQS_OFF = 0x01;
/** TIF_NEED_RESCHED is set. A task that is to be rescheduled has {@link TRACE_FLAG_PREEMPT_RESCHED} too: `N`. */
export const TRACE_FLAG_NEED_RESCHED = 0x04;
/** In a hard interrupt. */
export const TRACE_FLAG_HARDIRQ = 0x08;
/** Serving a softirq. */
export const TRACE_FLAG_SOFTIRQ = 0x10;
/** The need_resched bit of the preempt count is set. */
export const TRACE_FLAG_PREEMPT_RESCHED = 0x20;
/** In an NMI. */
export const TRACE_FLAG_NMI = 0x40;
/** Bottom halves are disabled. */
export const TRACE_FLAG_BH_OFF = 0x80;
/** Position of the preempt depth, 0-15. */
export const TRACE_PREEMPT_SHIFT = 8;
/** Position of the migrate-disable depth, 0-15. */
export const TRACE_MIGRATE_SHIFT = 12;

/** The five characters of the context columns, e.g. `dNh2.`. @linux kernel/trace/trace_output.c trace_print_lat_fmt() */
export function flagsText(flags: number): string {
  return irqsLetter(flags) + reschedLetter(flags) + contextLetter(flags) + depth(flags >> 8) + depth(flags >> 12);
}

/** The flags of four or five context characters; characters that are not known count as `.`. */
export function parseFlags(text: string): number {
  const [irqs, resched, context, preempt, migrate] = text;
  let flags = 0;
  if (irqs === 'd' || irqs === 'D') flags |= TRACE_FLAG_IRQS_OFF;
  if (irqs === 'b' || irqs === 'D') flags |= TRACE_FLAG_BH_OFF;
  if (resched === 'N' || resched === 'n') flags |= TRACE_FLAG_NEED_RESCHED;
  if (resched === 'N' || resched === 'p') flags |= TRACE_FLAG_PREEMPT_RESCHED;
  if (context === 'h' || context === 'H' || context === 'Z') flags |= TRACE_FLAG_HARDIRQ;
  if (context === 's' || context === 'H') flags |= TRACE_FLAG_SOFTIRQ;
  if (context === 'z' || context === 'Z') flags |= TRACE_FLAG_NMI;
  return flags | (nibble(preempt) << TRACE_PREEMPT_SHIFT) | (nibble(migrate) << TRACE_MIGRATE_SHIFT);
}

function irqsLetter(flags: number): string {
  const bhOff = (flags & TRACE_FLAG_BH_OFF) !== 0;
  if ((flags & TRACE_FLAG_IRQS_OFF) !== 0) return bhOff ? 'D' : 'd';
  return bhOff ? 'b' : '.';
}

function reschedLetter(flags: number): string {
  const preempt = (flags & TRACE_FLAG_PREEMPT_RESCHED) !== 0;
  if ((flags & TRACE_FLAG_NEED_RESCHED) !== 0) return preempt ? 'N' : 'n';
  return preempt ? 'p' : '.';
}

function contextLetter(flags: number): string {
  const hardirq = (flags & TRACE_FLAG_HARDIRQ) !== 0;
  const softirq = (flags & TRACE_FLAG_SOFTIRQ) !== 0;
  if ((flags & TRACE_FLAG_NMI) !== 0) return hardirq ? 'Z' : 'z';
  if (hardirq) return softirq ? 'H' : 'h';
  return softirq ? 's' : '.';
}

function depth(bits: number): string {
  const n = bits & 15;
  return n === 0 ? '.' : n.toString(16);
}

function nibble(letter: string | undefined): number {
  const n = parseInt(letter ?? '', 16);
  return Number.isNaN(n) ? 0 : n;
}
