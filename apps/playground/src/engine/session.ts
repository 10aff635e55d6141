import { loadDaemon, type Daemon } from '@kernel-model/daemons';
import type { Machine } from '@kernel-model/machine';
import { ProcFiles, taskStateLetter } from '@kernel-model/procfs';
import { DEFAULT_EVENTS, TimedRun, machineOf } from '@kernel-model/runner';
import { parseScenario, type Scenario } from '@kernel-model/scenario';
import { TASK_FROZEN } from '@kernel-model/scheduler';
import {
  AT,
  EVENT,
  RECORD_SIZE,
  VALUES,
  traceLine,
  writeChromeJson,
  type TraceEvent,
  type TraceHub,
} from '@kernel-model/trace';
import { Records, isKept } from './columns.ts';
import { buildLanes, type InitialTask } from './lanes.ts';
import { withNice } from './nice.ts';
import type { EventColumns, Program, RunData, StateName } from './protocol.ts';
import { takeSnapshot, type Snapshot } from './snapshot.ts';

/** Most events that a run may record: what a page can hold. */
const MAX_EVENTS = 2_000_000;
/** Machines that wait at an event, in case somebody wants to go on from there. */
const PAUSED = 6;
/** Snapshots that are taken on the way to an event, because the next wish is often one back. */
const ON_THE_WAY = 12;
const MOST_SNAPSHOTS = 400;
/** Real time between two reports of progress, in ms. */
const REPORT_MS = 100;
/** A program that has not ended after so many steps is given up. */
const MAX_STEPS = 20_000_000;
/** Steps between two looks at the clock. */
const STEPS_BETWEEN = 4096;

/** A program that has run, and can be asked for its state at any event: it is then run again up to there. */
export class Session {
  readonly program: Program;
  readonly scenario: Scenario;
  readonly daemons: readonly Daemon[];
  #records!: Records;
  #hub!: TraceHub;
  #trace = '';
  #order: Order = [];
  readonly #paused: Replay[] = [];
  readonly #snapshots = new Map<number, Snapshot>();
  readonly #lines: (string | undefined)[] = [];

  /** @throws ScenarioError @throws UsageError if the module exports no daemon */
  constructor(program: Program, daemonModule: unknown) {
    this.program = program;
    const { options } = program;
    const scenario = parseScenario(program.scenario, 'scenario.yaml', machineOf(options));
    this.scenario = options.nice === undefined ? scenario : withNice(scenario, options.nice);
    this.daemons = daemonModule === null ? [] : [loadDaemon(daemonModule)];
  }

  /** Run it. @param progress is told now and then how far it is */
  run(progress: (text: string) => void, clock: () => number): RunData {
    const startedAt = clock();
    let reportAt = startedAt + REPORT_MS;
    let steps = 0;
    const initial: InitialTask[] = [];
    const frozen = new Set<number>();
    const run = this.#boot((machine, records) => {
      this.#records = records;
      this.#hub = machine.hub;
      initial.push(...initialTasks(machine));
      machine.hub.attach({ take: (data, offset) => noteFrozen(machine, records, frozen, data, offset) });
    });
    const ended = run.advance(() => {
      if (++steps > MAX_STEPS) return true;
      if (steps % STEPS_BETWEEN === 0 && clock() > reportAt) {
        reportAt = clock() + REPORT_MS;
        progress(`${this.#records.count} events, ${(run.machine.sim.now / 1e6).toFixed(0)} ms`);
      }
      return false;
    });
    if (!ended) throw new Error(`Given up after ${MAX_STEPS} steps: this program does not come to an end.`);
    const { machine, startNs } = run;
    const { trace, kind, message, details } = run.result();
    this.#trace = trace;
    const records = this.#records;
    const lastNs = records.count === 0 ? startNs : records.data[(records.count - 1) * RECORD_SIZE + AT]!;
    const endNs = Math.max(startNs + 1, Math.min(machine.sim.now, records.endNs), lastNs);
    const names: string[] = [];
    const events = records.columns((event) => {
      const { name } = this.#hub.def(event);
      const i = names.indexOf(name);
      return i >= 0 ? i : names.push(name) - 1;
    });
    this.#order = machine.sched.rqs.map(({ cpu }) => eventsOf(events, cpu));
    const own = ownTasks(this.scenario, this.daemons);
    const lanes = buildLanes(records, this.#hub, {
      fromNs: startNs,
      toNs: endNs,
      cpus: machine.sched.nrCpus,
      initial,
      own,
      frozen,
    });
    return {
      title: this.scenario.name,
      cpus: machine.sched.nrCpus,
      preempt: this.scenario.machine.preempt,
      startNs,
      endNs,
      names,
      events,
      ...lanes,
      ended: { kind, message, details },
      threads: ['km_main', ...this.scenario.threads],
      tookMs: clock() - startedAt,
    };
  }

  /** The state after an event, before the next one. */
  snapshot(event: number): Snapshot {
    const known = this.#snapshots.get(event);
    if (known !== undefined) return known;
    const from = Math.max(0, event - ON_THE_WAY);
    this.#lookAt(from, event, (machine, at) => this.#keep(takeSnapshot(machine, at)));
    return this.#snapshots.get(event)!;
  }

  /** The text of a file of /proc or /sys after an event, before the next one; what is wrong with the path otherwise. */
  read(event: number, path: string): string {
    let text: string | number = '';
    this.#lookAt(event, event, (machine) => {
      text = new ProcFiles(machine.sched, machine.workqueues).read(path);
    });
    return typeof text === 'string' ? text : `(${String(text)})`;
  }

  /** Look at a machine of its own after an event, before the next one, in the middle of a step. */
  standing<T>(event: number, look: (machine: Machine) => T): T {
    let seen: () => T = () => {
      throw new RangeError(`there is no event ${event}`);
    };
    this.#replay().goTo(event, event, (machine) => {
      // an exception must not go through the model
      try {
        const value = look(machine);
        seen = () => value;
      } catch (error) {
        seen = () => {
          throw error;
        };
      }
    });
    return seen();
  }

  /** A machine of its own that stands after the step in which an event happens. */
  fork(event: number): Machine {
    const replay = this.#replay();
    replay.goTo(event, event, () => {});
    return replay.run.machine;
  }

  /** The trace, as the command line writes it. */
  trace(): string {
    return this.#trace;
  }

  /** The trace as a file that ui.perfetto.dev opens. */
  chrome(): string {
    const pieces: string[] = [];
    writeChromeJson(this.#events(), { write: (text) => void pieces.push(text) });
    return pieces.join('');
  }

  /** Lines of the trace, with the events that the command line leaves out. */
  lines(events: Iterable<number>): string[] {
    return [...events].map((i) => this.#line(i));
  }

  /** Numbers of the events whose line contains a text, in any case. */
  find(text: string): Int32Array {
    const wanted = text.toLowerCase();
    const found: number[] = [];
    for (let i = 0; i < this.#records.count; i++) if (this.#line(i).toLowerCase().includes(wanted)) found.push(i);
    return Int32Array.from(found);
  }

  *#events(): Iterable<TraceEvent> {
    for (let i = 0; i < this.#records.count; i++) {
      const event = this.#hub.event(this.#records.data, i * RECORD_SIZE);
      if (DEFAULT_EVENTS.includes(event.name)) yield event;
    }
  }

  #line(i: number): string {
    if (i < 0 || i >= this.#records.count) return '';
    return (this.#lines[i] ??= traceLine(this.#hub.event(this.#records.data, i * RECORD_SIZE)));
  }

  /** Run again up to an event, and look at the machine at each from another one on. */
  #lookAt(from: number, event: number, look: (machine: Machine, event: number) => void): void {
    let best: Replay | null = null;
    for (const replay of this.#paused) {
      if (replay.isBefore(event) && (best === null || replay.passed > best.passed)) best = replay;
    }
    if (best === null) {
      best = this.#replay();
      this.#paused.push(best);
      if (this.#paused.length > PAUSED) this.#paused.shift();
    }
    best.goTo(from, event, look);
  }

  #replay(): Replay {
    let replay: Replay | null = null;
    const run = this.#boot((machine) => replay!.begin(machine.hub));
    return (replay = new Replay(run, this.#order));
  }

  #boot(begun: (machine: Machine, records: Records) => void): TimedRun {
    const { seed } = this.program.options;
    let records: Records | null = null;
    return new TimedRun(this.scenario, {
      events: DEFAULT_EVENTS,
      daemons: this.daemons,
      ...(seed !== undefined && { seed }),
      watch: (machine) => {
        records = new Records(machine.hub, MAX_EVENTS);
        machine.hub.attach(records);
        begun(machine, records);
      },
      ended: (atNs) => void (records!.endNs = atNs),
    });
  }

  #keep(snapshot: Snapshot): void {
    if (this.#snapshots.size >= MOST_SNAPSHOTS) this.#snapshots.clear();
    this.#snapshots.set(snapshot.event, snapshot);
  }
}

/** The numbers of the events of each CPU, in order. */
type Order = readonly (readonly number[])[];

/** A run on its way. It is known where it is, because on each CPU events are recorded in their order. */
class Replay {
  readonly run: TimedRun;
  readonly #order: Order;
  /** Events that were recorded, by CPU. */
  readonly #counts: number[];
  #from = Infinity;
  #to = Infinity;
  #look: (machine: Machine, event: number) => void = () => {};
  #arrived = false;
  /** An event that is to be looked at as soon as its consequences are there; -1 for none. */
  #pending = -1;

  constructor(run: TimedRun, order: Order) {
    this.run = run;
    this.#order = order;
    this.#counts = order.map(() => 0);
  }

  /** Events that were recorded. */
  get passed(): number {
    return this.#counts.reduce((sum, n) => sum + n, 0);
  }

  /** The recording begins. */
  begin(hub: TraceHub): void {
    hub.recorded = (index) => {
      this.#lookNow();
      if (!isKept(hub.def(index).name)) return;
      const { cpu } = hub.context;
      const event = this.#order[cpu]![this.#counts[cpu]!++] ?? Infinity;
      if (event < this.#from || event > this.#to) return;
      this.#pending = event;
    };
  }

  /** What followed from the last event has happened, and the next has just been recorded, or the step is over. */
  #lookNow(): void {
    const event = this.#pending;
    if (event < 0) return;
    this.#pending = -1;
    this.#look(this.run.machine, event);
    this.#arrived ||= event === this.#to;
  }

  /** Whether an event is still to come. */
  isBefore(event: number): boolean {
    return this.#order.some((events, cpu) => events.indexOf(event, this.#counts[cpu]!) >= 0);
  }

  /** Run until an event has happened; `look` is called at each from `from` to there that had not happened before. */
  goTo(from: number, event: number, look: (machine: Machine, event: number) => void): void {
    this.#from = from;
    this.#to = event;
    this.#look = look;
    this.#arrived = false;
    this.run.advance(() => {
      this.#lookNow();
      return this.#arrived;
    });
    this.#lookNow();
  }
}

function eventsOf({ count, cpu }: EventColumns, wanted: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < count; i++) if (cpu[i] === wanted) found.push(i);
  return found;
}

function ownTasks(scenario: Scenario, daemons: readonly Daemon[]): string[] {
  const names = [
    'km_main',
    ...scenario.threads,
    ...scenario.workers,
    ...scenario.users.map((user) => user.name),
    ...daemons.map((daemon) => daemon.name),
  ];
  return names.map((name) => name.slice(0, 15));
}

/** What every task does now, for {@link buildLanes}. */
export function initialTasks({ sched }: Machine): InitialTask[] {
  return [...sched.tasks.values()].map((task) => ({
    pid: task.pid,
    comm: task.comm,
    cpu: task.cpu,
    state: task.rq.curr === task ? 'running' : task.onRq === 1 && !task.se.schedDelayed ? 'runnable' : letter(task),
  }));
}

function letter(task: Parameters<typeof taskStateLetter>[0]): StateName {
  const c = taskStateLetter(task);
  if (c === 'P') return 'parked';
  if (c === 'X' || c === 'Z') return 'dead';
  return c === 'D' || c === 'I' || c === 'T' ? c : 'S';
}

function noteFrozen(machine: Machine, records: Records, frozen: Set<number>, data: Float64Array, o: number): void {
  if (machine.hub.def(data[o + EVENT]!).name !== 'sched_switch') return;
  const task = machine.sched.tasks.get(data[o + VALUES + 1]!);
  if (task !== undefined && (task.state & TASK_FROZEN) !== 0) frozen.add(records.count - 1);
}
