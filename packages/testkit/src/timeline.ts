import type { TraceEvent } from '@kernel-model/trace';

/** What a task does. */
type Doing = '#' | '.' | 'z' | ' ';

/** How {@link Timeline.render} draws. */
export interface TimelineOptions {
  /** Names of the tasks, one row each, from top to bottom. */
  readonly tasks: readonly string[];
  /** Ms that a column stands for; default 1. */
  readonly columnMs?: number;
  /** First instant in ms since the world was made; default 0. */
  readonly fromMs?: number;
  /** Instant in ms at which the picture ends; default: now, rounded up to a whole column. */
  readonly toMs?: number;
}

interface Change {
  readonly atNs: number;
  readonly doing: Doing;
}

/**
 * Who ran when, from the events of a machine. `#` runs, `.` is runnable and waits for a CPU, `z` sleeps, and a task that
 * does not exist leaves a blank.
 */
export class Timeline {
  readonly #rows = new Map<string, Change[]>();
  readonly #sinceNs: number;

  /** @param sinceNs what counts as 0 */
  constructor(sinceNs: number) {
    this.#sinceNs = sinceNs;
  }

  /** Take in an event. */
  add(event: TraceEvent): void {
    const f = event.fields as Readonly<Record<string, string | number>>;
    switch (event.name) {
      case 'sched_switch': {
        const left = String(f['prev_state']);
        this.#set(f['prev_comm'], event.at, left.startsWith('R') ? '.' : left === 'X' || left === 'Z' ? ' ' : 'z');
        this.#set(f['next_comm'], event.at, '#');
        break;
      }
      case 'sched_wakeup_new':
        this.#set(f['comm'], event.at, '.');
        break;
      case 'sched_wakeup':
        // a task that is woken before it has left its CPU goes on running
        if (this.#last(String(f['comm'])) !== '#') this.#set(f['comm'], event.at, '.');
        break;
    }
  }

  /** Rows of text: a name, two blanks, and a sign for every column, which says what the task did longest in it. */
  render(options: TimelineOptions, nowNs: number): string {
    const columnNs = (options.columnMs ?? 1) * 1e6;
    const fromNs = this.#sinceNs + (options.fromMs ?? 0) * 1e6;
    const toNs = options.toMs === undefined ? nowNs : this.#sinceNs + options.toMs * 1e6;
    const columns = Math.ceil((toNs - fromNs) / columnNs);
    const width = Math.max(0, ...options.tasks.map((name) => name.length));
    return options.tasks
      .map((name) => {
        let signs = '';
        for (let i = 0; i < columns; i++)
          signs += this.#longest(name, fromNs + i * columnNs, fromNs + (i + 1) * columnNs);
        return `${name.padEnd(width)}  ${signs}`.trimEnd();
      })
      .join('\n');
  }

  #longest(name: string, fromNs: number, toNs: number): Doing {
    const spent: Record<Doing, number> = { '#': 0, '.': 0, z: 0, ' ': 0 };
    let doing: Doing = ' ';
    let atNs = fromNs;
    for (const change of this.#rows.get(name) ?? []) {
      if (change.atNs >= toNs) break;
      if (change.atNs > atNs) {
        spent[doing] += change.atNs - atNs;
        atNs = change.atNs;
      }
      doing = change.doing;
    }
    spent[doing] += toNs - atNs;
    let best: Doing = '#';
    for (const sign of ['.', 'z', ' '] as const) if (spent[sign] > spent[best]) best = sign;
    return best;
  }

  #last(name: string): Doing {
    return this.#rows.get(name)?.at(-1)?.doing ?? ' ';
  }

  #set(comm: string | number | undefined, atNs: number, doing: Doing): void {
    const name = String(comm);
    const row = this.#rows.get(name);
    if (row === undefined) this.#rows.set(name, [{ atNs, doing }]);
    else row.push({ atNs, doing });
  }
}

/** A drawn timeline, written in a test as it stands in the source: common indentation and empty lines do not count. */
export function timeline(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  const lines = String.raw({ raw: strings }, ...values)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent)).join('\n');
}
