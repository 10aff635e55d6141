import { LINT_RULES, TraceLint, type LintFinding } from '@kernel-model/analysis';
import type { CliIo } from './io.ts';
import { paintFor, type Paint } from './paint.ts';
import { jsonText, type ReportOptions } from './report-sched.ts';
import { STATUS_FAILED, STATUS_OK } from './status.ts';
import { TraceInput } from './trace-input.ts';

/** Findings that are shown unless all are asked for: the rest may follow from them. */
const FEW = 10;

/** `kmodel report lint`. @returns the exit status: 1 if something was found */
export function reportLint(trace: string, options: ReportOptions & { readonly all?: boolean }, io: CliIo): number {
  const input = new TraceInput(trace, io);
  const { findings, events } = lint(input);
  const shown = options.all ? findings : findings.slice(0, FEW);
  if (options.json) {
    const entry = (finding: LintFinding): object => {
      const [says, linux] = LINT_RULES[finding.rule];
      return { ...finding, says, linux };
    };
    io.stdout.write(jsonText({ events, nrFindings: findings.length, findings: shown.map(entry) }));
  } else io.stdout.write(text(trace, events, findings, shown, paintFor(io.stdout, io)));
  return findings.length > 0 ? STATUS_FAILED : STATUS_OK;
}

function lint(input: TraceInput): { readonly findings: readonly LintFinding[]; readonly events: number } {
  const { reader } = input;
  const rules = new TraceLint();
  let events = 0;
  let nrLost = 0;
  let lastNs = 0;
  for (const event of input.events(() => rules.gap())) {
    for (; nrLost < reader.lost.length; nrLost++) {
      const { line, cpu, count } = reader.lost[nrLost]!;
      rules.lost(line, cpu, count, lastNs);
    }
    rules.take(event, reader.lines);
    events++;
    lastNs = event.at;
  }
  return { findings: rules.findings, events };
}

function text(
  trace: string,
  events: number,
  findings: readonly LintFinding[],
  shown: readonly LintFinding[],
  paint: Paint,
): string {
  if (findings.length === 0) return `${paint.green('ok')} ${trace}: ${events} events, and Linux 6.12 explains each\n`;
  const more = findings.length - shown.length;
  const lines = shown.flatMap(({ rule, message, line, atNs, cpu }) => {
    const [says, linux] = LINT_RULES[rule];
    return [
      `${trace}:${line}: ${paint.red(rule)}: ${message}`,
      paint.dim(`  at ${(atNs / 1e9).toFixed(6)} s on CPU ${cpu}; rule: ${says} (${linux})`),
    ];
  });
  const rest = more > 0 ? [`... and ${more} more, which may follow from these; --all shows them`] : [];
  return [...lines, ...rest].join('\n') + '\n';
}
