import type { Machine } from '@kernel-model/machine';
import { wqMonitor, wqMonitorTable, wqStats, type WorkqueueStruct, type WqStats } from '@kernel-model/workqueue';
import { type MachineOptions, type RanScenario, machineOf, runScenario } from '@kernel-model/runner';
import { readScenarios } from './input.ts';
import type { CliIo } from './io.ts';
import { timeSpan } from './options.ts';
import { paintFor } from './paint.ts';
import { failureText } from './run-command.ts';
import { STATUS_FAILED, STATUS_OK } from './status.ts';

/** Options of `kmodel wq`. */
export interface WqCommandOptions extends MachineOptions {
  /** Virtual time between two tables, in ns; none for one table, at the end. */
  readonly interval?: number;
  /** Most virtual time, in ns. */
  readonly limit?: number;
  readonly json?: boolean;
}

/** For an option that takes a span of virtual time, in ms if it names no unit. @returns ns */
export function intervalSpan(text: string): number {
  return timeSpan(/^[\d.]+$/.test(text) ? `${text}ms` : text);
}

/** Run a scenario and show the counters of its workqueues, since the boot of its machine. @returns the exit status */
export function wqCommand(file: string, options: WqCommandOptions, io: CliIo): number {
  const [scenario] = readScenarios([file], machineOf(options));
  const paint = paintFor(io.stdout, io);
  const { interval, json = false, ...rest } = options;
  const intervals: Sample[] = [];
  const gone = new Gone();
  let watched: Machine | null = null;
  const ran = runScenario(scenario!, {
    ...rest,
    events: [],
    watch: (machine) => {
      watched = machine;
      gone.watch(machine);
      const startNs = machine.sim.now;
      if (interval === undefined) return;
      wqMonitor(machine.workqueues, interval).subscribe((queues) => {
        const sample = { tookNs: machine.sim.now - startNs, queues };
        if (json) intervals.push(sample);
        else io.stdout.write(`${paint.dim(`after ${ms(sample.tookNs)}`)}\n${wqMonitorTable(queues)}\n\n`);
      });
    },
  });
  const end = watched === null ? [] : countersOf(watched);
  const destroyed = gone.counters();
  if (json) io.stdout.write(jsonText(file, ran, intervals, end, destroyed));
  else {
    io.stdout.write(`${paint.dim(`at the end, after ${ms(ran.tookNs)}`)}\n${wqMonitorTable(end)}\n`);
    if (destroyed.length > 0) io.stdout.write(`\n${paint.dim('destroyed before')}\n${wqMonitorTable(destroyed)}\n`);
  }
  if (ran.kind !== 'ok') io.stderr.write(failureText(scenario!, ran, paintFor(io.stderr, io)));
  // a WARN is Linux's answer to a misuse, and the kernel goes on
  return ran.kind === 'ok' || ran.kind === 'warn' ? STATUS_OK : STATUS_FAILED;
}

/** The counters at an instant of the run. */
interface Sample {
  /** Virtual time from the start of `main`, in ns. */
  readonly tookNs: number;
  readonly queues: readonly WqStats[];
}

/** The last counters of queues that the scenario made and destroyed. */
class Gone {
  readonly #last = new Map<WorkqueueStruct, WqStats>();
  #live: readonly WorkqueueStruct[] = [];

  watch(machine: Machine): void {
    const { workqueues: w } = machine;
    const first = new Set(w.workqueues);
    this.#live = w.workqueues;
    machine.sim.afterStep(() => {
      for (const wq of w.workqueues) {
        if (first.has(wq)) continue;
        const now = wqStats(w, wq);
        const last = this.#last.get(wq);
        // a queue loses its pwqs, one by one, while it is taken down
        if (last === undefined || now.started >= last.started) this.#last.set(wq, now);
      }
    });
  }

  counters(): readonly WqStats[] {
    return [...this.#last].filter(([wq]) => !this.#live.includes(wq)).map(([, stats]) => stats);
  }
}

function countersOf({ workqueues }: Machine): readonly WqStats[] {
  return workqueues.workqueues.map((wq) => wqStats(workqueues, wq));
}

function jsonText(
  file: string,
  { kind, message, tookNs }: RanScenario,
  intervals: readonly Sample[],
  end: readonly WqStats[],
  destroyed: readonly WqStats[],
): string {
  const outcome = kind === 'ok' ? { kind } : { kind, message };
  return `${JSON.stringify({ file, outcome, tookNs, intervals, end, destroyed }, null, 2)}\n`;
}

function ms(ns: number): string {
  return `${(ns / 1e6).toFixed(3)} ms`;
}
