import type { TraceEvent } from '@kernel-model/trace';
import type { Collector } from '../collector.ts';
import { KWORK_CLASSES, kworkItem, type KworkClass, type KworkItem, type KworkStep } from './kwork-item.ts';

/** What is measured of each item: how long it ran, or how long it waited to run. */
export type KworkMeasure = 'report' | 'latency';

/** What one item did on one CPU. */
export interface KworkRow {
  readonly class: KworkClass;
  readonly name: string;
  readonly cpu: number;
  /** Runs, or waits. */
  readonly count: number;
  /** Sum of the runs, or of the waits. */
  readonly totalNs: number;
  readonly maxNs: number;
  readonly maxStartNs: number;
  readonly maxEndNs: number;
}

/** What `perf kwork report` or `perf kwork latency` tells. */
export interface KworkReport {
  readonly measure: KworkMeasure;
  /** Longest total first; of waits the longest average. */
  readonly rows: readonly KworkRow[];
  /** Events that have no counterpart. */
  readonly skipped: Readonly<Record<KworkStep, number>>;
  /** Events in the trace. */
  readonly events: number;
}

/** A run of an item: a line of `perf kwork timehist`. */
export interface KworkRun {
  readonly startNs: number;
  readonly endNs: number;
  readonly cpu: number;
  readonly name: string;
  readonly runNs: number;
  /** From when it was raised on this CPU; null if that was not seen. */
  readonly delayNs: number | null;
}

/** Runs or waits of interrupts, softirqs and works, as `perf kwork report` and `latency` of Linux 6.12 count them. */
export class Kwork implements Collector<KworkReport> {
  readonly #measure: KworkMeasure;
  readonly #works: Works;
  readonly #from: KworkStep;
  readonly #to: KworkStep;
  readonly #overwritten = { raise: 0, entry: 0, exit: 0 };
  #events = 0;

  constructor(measure: KworkMeasure, classes: readonly KworkClass[] = KWORK_CLASSES) {
    this.#measure = measure;
    this.#works = new Works(classes);
    this.#from = measure === 'report' ? 'entry' : 'raise';
    this.#to = measure === 'report' ? 'exit' : 'entry';
  }

  /** Look at the next event. */
  take(event: TraceEvent): void {
    this.#events++;
    const item = kworkItem(event);
    if (item === null || (item.step !== this.#from && item.step !== this.#to)) return;
    const work = this.#works.of(event, item);
    if (work === null) return;
    if (item.step === this.#from) {
      // the newest counts
      if (work.openNs !== null) this.#overwritten[this.#from]++;
      work.openNs = event.at;
    } else if (work.openNs === null) work.unmatched++;
    else {
      work.add(work.openNs, event.at);
      work.openNs = null;
    }
  }

  /** Events of this CPU are missing here: what is open there has no counterpart. */
  gap(cpu: number): void {
    for (const work of this.#works.on(cpu)) {
      if (work.openNs !== null) this.#overwritten[this.#from]++;
      work.openNs = null;
    }
  }

  /** The report for what was seen so far. */
  result(): KworkReport {
    const works = this.#works.inOrder();
    const skipped = { ...this.#overwritten };
    for (const { openNs, unmatched } of works) {
      if (openNs !== null) skipped[this.#from]++;
      skipped[this.#to] += unmatched;
    }
    const key = this.#measure === 'report' ? ({ totalNs }: Work) => totalNs : averageNs;
    const rows = works
      .filter(({ count }) => count > 0)
      .sort((a, b) => key(b) - key(a) || b.maxNs - a.maxNs || b.count - a.count)
      .map(({ openNs: _, unmatched: __, id: ___, ...row }): KworkRow => row);
    return { measure: this.#measure, rows, skipped, events: this.#events };
  }
}

/** Each run of an interrupt, a softirq or a work, as `perf kwork timehist` of Linux 6.12 finds them. */
export class KworkTimehist {
  readonly #works: Works;

  constructor(classes: readonly KworkClass[] = KWORK_CLASSES) {
    this.#works = new Works(classes);
  }

  /** Look at the next event. @returns the run that it ends, null for none */
  take(event: TraceEvent): KworkRun | null {
    const item = kworkItem(event);
    const work = item === null ? null : this.#works.of(event, item);
    if (work === null) return null;
    if (item!.step === 'raise') work.raisedNs = event.at;
    else if (item!.step === 'entry') {
      work.openNs = event.at;
      work.delayNs = work.raisedNs === null ? null : event.at - work.raisedNs;
      work.raisedNs = null;
    } else if (work.openNs !== null) {
      const { openNs: startNs, name, delayNs } = work;
      work.openNs = null;
      return { startNs, endNs: event.at, cpu: event.cpu, name, runNs: event.at - startNs, delayNs };
    }
    return null;
  }

  /** Events of this CPU are missing here. */
  gap(cpu: number): void {
    for (const work of this.#works.on(cpu)) work.openNs = work.raisedNs = null;
  }
}

class Works {
  readonly #classes: readonly KworkClass[];
  readonly #works = new Map<string, Work>();

  constructor(classes: readonly KworkClass[]) {
    this.#classes = classes;
  }

  /** The item of an event on its CPU; null if its class is not asked for. */
  of(event: TraceEvent, item: KworkItem): Work | null {
    if (!this.#classes.includes(item.class)) return null;
    const key = `${item.class} ${event.cpu} ${item.id}`;
    let work = this.#works.get(key);
    if (work === undefined) this.#works.set(key, (work = new Work(item, event.cpu)));
    if (work.name === '') work.name = item.name;
    return work;
  }

  /** The items of a CPU. */
  on(cpu: number): Work[] {
    return [...this.#works.values()].filter((work) => work.cpu === cpu);
  }

  /** In perf's order: by class, CPU and id, the largest first. */
  inOrder(): Work[] {
    return [...this.#works.values()].sort(
      (a, b) =>
        this.#classes.indexOf(a.class) - this.#classes.indexOf(b.class) || b.cpu - a.cpu || compareIds(b.id, a.id),
    );
  }
}

class Work {
  readonly class: KworkClass;
  readonly id: string;
  name: string;
  count = 0;
  totalNs = 0;
  maxNs = 0;
  maxStartNs = 0;
  maxEndNs = 0;
  openNs: number | null = null;
  raisedNs: number | null = null;
  delayNs: number | null = null;
  unmatched = 0;

  constructor(
    item: KworkItem,
    readonly cpu: number,
  ) {
    this.class = item.class;
    this.id = item.id;
    this.name = item.name;
  }

  add(startNs: number, endNs: number): void {
    if (endNs < startNs) return;
    const ns = endNs - startNs;
    this.count++;
    this.totalNs += ns;
    if (ns <= this.maxNs && this.maxNs !== 0) return;
    this.maxNs = ns;
    this.maxStartNs = startNs;
    this.maxEndNs = endNs;
  }
}

/** Compare numbers without leading zeroes by their digits. */
function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function averageNs({ totalNs, count }: Work): number {
  return Math.floor(totalNs / count);
}
