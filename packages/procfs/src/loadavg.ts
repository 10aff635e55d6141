import { FIXED_1, LOAD_EXP, LOAD_FREQ, activeTasks, calcLoad, type Scheduler } from '@kernel-model/scheduler';
import { jiffiesNow, nrRunning } from './counts.ts';

/** /proc/loadavg. */
export interface LoadAvgFile {
  /** Over 1, 5 and 15 minutes, in 1/2048. */
  readonly averages: readonly number[];
  /** Runnable now. */
  readonly running: number;
  readonly threads: number;
  readonly lastPid: number;
}

/** What /proc/loadavg says. @linux fs/proc/loadavg.c loadavg_proc_show() */
export function loadAvg(s: Scheduler): LoadAvgFile {
  return { averages: averagesNow(s), running: nrRunning(s), threads: s.tasks.size, lastPid: s.nextPid - 1 };
}

/** The averages with the samples that an idle machine has not taken yet. */
function averagesNow(s: Scheduler): number[] {
  const { avenrun, nextSample } = s.loadAvg;
  const active = activeTasks(s) * FIXED_1;
  const averages = [...avenrun];
  for (let at = nextSample; at <= jiffiesNow(s); at += LOAD_FREQ) {
    for (let i = 0; i < averages.length; i++) averages[i] = calcLoad(averages[i]!, LOAD_EXP[i]!, active);
  }
  return averages;
}

/** The line of /proc/loadavg. */
export function formatLoadAvg(l: LoadAvgFile): string {
  return `${l.averages.map(formatLoad).join(' ')} ${l.running}/${l.threads} ${l.lastPid}\n`;
}

/** An average with two decimals, rounded to the nearest. @linux include/linux/sched/loadavg.h LOAD_INT(), LOAD_FRAC() */
export function formatLoad(average: number): string {
  const rounded = average + Math.floor(FIXED_1 / 200);
  const hundredths = Math.floor(((rounded % FIXED_1) * 100) / FIXED_1);
  return `${Math.floor(rounded / FIXED_1)}.${String(hundredths).padStart(2, '0')}`;
}
