import type { RunData } from '../engine/protocol.ts';

/** Height of the time axis in px. */
export const AXIS = 26;
/** Height of a row. */
export const ROW = 24;
/** Gap between the CPUs and the tasks. */
export const GAP = 10;

/** Where the rows of a run are, below the axis. */
export class Layout {
  readonly tops: readonly number[];
  readonly height: number;

  constructor(run: RunData) {
    const tops: number[] = [];
    let y = 4;
    run.lanes.forEach((lane, i) => {
      const before = run.lanes[i - 1];
      if (before !== undefined && (before.kind !== lane.kind || before.own !== lane.own)) y += GAP;
      tops.push(y);
      y += ROW;
    });
    this.tops = tops;
    this.height = y + 6;
  }

  /** The row at a height below the axis; -1 between rows. */
  laneAt(y: number): number {
    return this.tops.findIndex((top) => y >= top && y < top + ROW);
  }
}
