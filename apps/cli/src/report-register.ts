import type { Command } from 'commander';
import type { CliIo } from './io.ts';
import { wholeNumber } from './options.ts';
import { kworkClasses, reportKwork } from './report-kwork.ts';
import { reportLatency, reportMap, reportTimehist } from './report-sched.ts';
import { reportLint } from './report-lint.ts';
import { reportWq } from './report-wq.ts';
import type { ExitStatus } from './status.ts';

const READS = `
TRACE is the text of a tracefs trace file, of trace-cmd report or of perf script --ns, from a real machine or from
kmodel run; - is standard input.`;

/** Adds `kmodel report`. */
export function registerReport(program: Command, io: CliIo, done: (status: ExitStatus) => void): void {
  const report = program.command('report').description('Tell what a trace shows.').addHelpText('after', READS);
  const add = (usage: string, description: string, json: string): Command =>
    report.command(usage).description(description).option('--json', `print ${json}`).addHelpText('after', READS);

  add('latency <trace>', 'How long tasks waited for a CPU, as perf sched latency.', '{rows, runtimeNs, count, ...}')
    .option('-p, --pid', 'a row for each task instead of one for each name')
    .action((trace: string, options) => done(reportLatency(trace, options, io)));
  add('timehist <trace>', 'Each stretch that a task ran, as perf sched timehist.', '{rows, summary}')
    .option('-s, --summary', 'only the sums for each task')
    .action((trace: string, options) => done(reportTimehist(trace, options, io)));
  add('map <trace>', 'Who ran where, a line for each switch, as perf sched map.', '{rows}')
    .option(
      '--cpus <n>',
      'columns to begin with; perf takes the CPUs of its own machine (default: 2)',
      wholeNumber(1, 4096),
    )
    .action((trace: string, options) => done(reportMap(trace, options, io)));
  add(
    'kwork',
    'How long interrupts, softirqs and works ran or waited, as perf kwork.',
    '{rows, ...}, {runs} or {tasks, ...}',
  )
    .usage('[options] [report|latency|timehist|top] <trace>')
    .argument('<trace...>', 'what to tell (default: report), and the trace')
    .option('-k, --kwork <list>', 'only these: irq,softirq,workqueue', kworkClasses)
    .action((args: string[], options) => done(reportKwork(args, options, io)));
  add('wq <trace>', 'What works did, for each workqueue and function; times in ms.', '{rows}').action(
    (trace: string, options) => done(reportWq(trace, options, io)),
  );
  add(
    'lint <trace>',
    'What the rules of Linux 6.12 cannot explain; status 1 if there is any.',
    '{events, nrFindings, findings}',
  )
    .option('--all', 'show all findings, not the first ten')
    .action((trace: string, options) => done(reportLint(trace, options, io)));
}
