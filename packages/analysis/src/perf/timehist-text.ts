import { dashes, fixed, millisText, secondsText } from './c-text.ts';
import type { TimehistRow, TimehistSummary, TimehistTask } from './timehist.ts';

const LONGEST_NAME = 31;

/** Prints what `perf sched timehist` of Linux 6.12 prints. The column of names grows with the names. */
export class TimehistText {
  #width = 30;

  /** The lines above the rows. */
  head(): string {
    const w = this.#width;
    return [
      `${'time'.padStart(15)} ${'cpu'.padStart(6)}  ${'task name'.padEnd(w)}  wait time  sch delay   run time\n`,
      `${' '.repeat(22)}  ${'[tid/pid]'.padEnd(w)}     (msec)     (msec)     (msec)\n`,
      `${dashes(15)} ${dashes(6)}  ${dashes(w)}  ${dashes(9)}  ${dashes(9)}  ${dashes(9)}\n`,
    ].join('');
  }

  /** The line of a row. */
  row(row: TimehistRow): string {
    const at = secondsText(row.atNs).padStart(15);
    const cpu = String(row.cpu).padStart(4, '0');
    const name = this.#name(row);
    const times = [row.waitNs, row.delayNs, row.runNs].map((ns) => `${millisText(ns, 6)} `).join('');
    return `${at} [${cpu}]  ${name.padEnd(this.#width)} ${times}\n`;
  }

  /** The lines of a summary. */
  summary({ tasks, idleNs, switches, runNs, spanNs }: TimehistSummary): string {
    const w = this.#width;
    const lines = [
      '',
      'Runtime summary',
      `${'comm'.padStart(w)}  parent   sched-in     run-time    min-run     avg-run     max-run  stddev  migrations`,
      `${' '.repeat(w)}            (count)       (msec)     (msec)      (msec)      (msec)       %`,
      dashes(117),
      ...tasks.map((task) => this.#task(task)),
      ...(tasks.length === 0 ? ['<no still running tasks>'] : []),
      '',
      'Idle stats:',
      ...idleNs.map((ns, cpu) => idleText(cpu, ns, spanNs)),
      '',
      `    Total number of unique tasks: ${tasks.length}`,
      `Total number of context switches: ${switches}`,
      `           Total run time (msec): ${millisText(runNs, 2)} `,
      `    Total scheduling time (msec): ${millisText(spanNs, 2)}  (x ${idleNs.length})`,
    ];
    return lines.join('\n') + '\n';
  }

  #task(task: TimehistTask): string {
    const name = this.#name(task).padStart(this.#width);
    const run = `${millisText(task.runNs, 8)} ${millisText(task.minRunNs, 6)} `;
    const avg = ` ${millisText(Math.floor(task.avgRunNs), 6)}  ${millisText(task.maxRunNs, 6)} `;
    // perf keeps this one as a float
    const stddev = fixed(Math.fround(task.stddevPercent), 2).padStart(5);
    return `${name}   ${String(task.ppid).padStart(5)}  ${String(task.count).padStart(9)} ${run}${avg}  ${stddev}       0`;
  }

  #name({ comm, tid, pid }: Pick<TimehistRow, 'comm' | 'tid' | 'pid'>): string {
    const whole = pid === 0 ? comm : tid === pid ? `${comm}[${tid}]` : `${comm}[${tid}/${pid}]`;
    const name = whole.slice(0, LONGEST_NAME);
    if (name.length > this.#width) this.#width = name.length;
    return name;
  }
}

function idleText(cpu: number, ns: number | null, spanNs: number): string {
  const head = `    CPU ${String(cpu).padStart(2)} idle `;
  if (ns === null) return `${head}entire time window`;
  const percent = fixed((100 * ns) / spanNs, 2).padStart(6);
  return `${head}for ${millisText(ns, 6)}  msec  (${percent}%)`;
}
