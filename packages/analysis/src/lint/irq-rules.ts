import {
  IRQ_HANDLER_ENTRY,
  IRQ_HANDLER_EXIT,
  isEvent,
  SOFTIRQ_ENTRY,
  SOFTIRQ_EXIT,
  type TraceEvent,
} from '@kernel-model/trace';
import type { LintRule, Report, RuleSet } from './rule.ts';

/** The rules about interrupts and softirqs: those of one kind do not interrupt each other. */
export class IrqRules implements RuleSet {
  readonly #softirqs: Pairs;
  readonly #irqs: Pairs;

  constructor(report: Report) {
    this.#softirqs = new Pairs('softirq-nested', 'softirq', report);
    this.#irqs = new Pairs('irq-nested', 'the handler of interrupt', report);
  }

  take(event: TraceEvent, line: number): void {
    if (isEvent(event, SOFTIRQ_ENTRY)) this.#softirqs.entry(event, line, event.fields.vec);
    else if (isEvent(event, SOFTIRQ_EXIT)) this.#softirqs.exit(event, line, event.fields.vec);
    else if (isEvent(event, IRQ_HANDLER_ENTRY)) this.#irqs.entry(event, line, event.fields.irq);
    else if (isEvent(event, IRQ_HANDLER_EXIT)) this.#irqs.exit(event, line, event.fields.irq);
  }

  forget(): void {
    this.#softirqs.forget();
    this.#irqs.forget();
  }
}

/** Entries and exits of each CPU, which take turns. */
class Pairs {
  readonly #rule: LintRule;
  readonly #what: string;
  readonly #report: Report;
  // by CPU what runs; null for nothing, undefined if that is not known
  readonly #open: (number | null | undefined)[] = [];

  constructor(rule: LintRule, what: string, report: Report) {
    this.#rule = rule;
    this.#what = what;
    this.#report = report;
  }

  entry(event: TraceEvent, line: number, n: number): void {
    const open = this.#open[event.cpu] ?? null;
    if (open !== null) this.#report(this.#rule, event, line, `${this.#what} ${n} begins while ${open} runs`);
    this.#open[event.cpu] = n;
  }

  exit(event: TraceEvent, line: number, n: number): void {
    const open = this.#open[event.cpu];
    if (open !== undefined && open !== n) {
      this.#report(this.#rule, event, line, `${this.#what} ${n} ends, and ${open ?? 'none'} runs`);
    }
    this.#open[event.cpu] = null;
  }

  forget(): void {
    this.#open.length = 0;
  }
}
