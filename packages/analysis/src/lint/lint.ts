import type { TraceEvent } from '@kernel-model/trace';
import { IrqRules } from './irq-rules.ts';
import type { LintFinding, LintRule, RuleSet } from './rule.ts';
import { TaskRules } from './task-rules.ts';
import { WorkRules } from './work-rules.ts';

/**
 * Holds a trace against what Linux 6.12 can do. Each rule needs only what is in the trace: what happened before it began,
 * events that were not recorded, and signals are given the benefit of the doubt.
 */
export class TraceLint {
  /** What was found, in order of the lines. */
  readonly findings: LintFinding[] = [];
  readonly #sets: readonly RuleSet[];

  constructor() {
    const report = (rule: LintRule, { at: atNs, cpu }: TraceEvent, line: number, message: string): void =>
      this.#add({ rule, message, line, atNs, cpu });
    this.#sets = [new TaskRules(report), new WorkRules(report), new IrqRules(report)];
  }

  /** Look at the next event. @param line its number, from 1 */
  take(event: TraceEvent, line: number): void {
    for (const set of this.#sets) set.take(event, line);
  }

  /** The recording lost events here. @param count null if it is not known how many @param atNs of the last event before */
  lost(line: number, cpu: number, count: number | null, atNs: number): void {
    this.#add({ rule: 'lost-events', message: `${count ?? 'some'} events of CPU ${cpu} are missing`, line, atNs, cpu });
    this.gap();
  }

  /** What was seen so far says nothing of what comes. */
  gap(): void {
    for (const set of this.#sets) set.forget();
  }

  #add(finding: LintFinding): void {
    // a rule about order is broken by a line, and known to be broken later
    let i = this.findings.length;
    while (i > 0 && this.findings[i - 1]!.line > finding.line) i--;
    this.findings.splice(i, 0, finding);
  }
}
