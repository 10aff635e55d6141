import {
  InvariantViolation,
  POINT,
  Sim,
  SimEvent,
  SLEEP,
  UsageError,
  WRITE,
  type Chooser,
  type MaySleep,
  type Step,
} from '@kernel-model/sim';
import type { Model, Outcome, Run } from './model.ts';

/** A task: an ordinary generator function, whose only visible points are those of the cells and the world it uses. */
export type TaskBody<S> = (shared: S, world: World) => Iterator<unknown, unknown, void>;

/** What {@link tasksModel} makes a model of. */
export interface TasksOptions<S> {
  /** Make the shared variables, anew for each run. */
  readonly shared: (world: World) => S;
  /** The tasks, by name; in an array, function names serve as names. They all start at instant 0. */
  readonly tasks: Readonly<Record<string, TaskBody<S>>> | readonly TaskBody<S>[];
  /** Called when all tasks have ended. @returns what is wrong, or null */
  readonly check?: (shared: S) => string | null | undefined;
}

const OK: Outcome = { kind: 'ok', message: '' };

/**
 * A variable that tasks share. Each access is a visible point: another task may act just before it. With memory `tso`,
 * reading and writing it are plain loads and stores, and each task has a processor of its own.
 */
export class Cell<T> {
  /** The value, for checks after the run. A task that uses it directly hides its access from the search. */
  value: T;
  readonly #sim: Sim;

  /** Made by {@link World.cell}. */
  constructor(
    sim: Sim,
    /** Its name in explanations. */
    readonly name: string,
    value: T,
  ) {
    this.#sim = sim;
    this.value = value;
  }

  /** Read the value. */
  read(): Step<T> {
    return this.#sim.issue('read', this.#read());
  }

  /** Set the value. */
  write(value: T): Step<void> {
    return this.#sim.issue('write', this.#write(value));
  }

  /** Replace the value by what fn makes of it, in one atomic step, which is a full barrier. @returns the value before */
  update(fn: (value: T) => T): Step<T> {
    return this.#sim.issue('update', this.#update(fn));
  }

  *#read(): Step<T> {
    if (this.#sim.pointLoad(this, 'value')) yield POINT;
    const stored = this.#sim.forwarded(this, 'value');
    return stored === null ? this.value : (stored.value as T);
  }

  *#write(value: T): Step<void> {
    const sim = this.#sim;
    if (sim.pointStore(this, 'value')) yield POINT;
    if (sim.buffered) sim.store(this, 'value', value, (v) => (this.value = v));
    else this.value = value;
  }

  *#update(fn: (value: T) => T): Step<T> {
    if (this.#sim.point(this, 'value', WRITE)) yield POINT;
    const before = this.value;
    this.value = fn(before);
    return before;
  }
}

/** What tasks can do besides using cells. */
export class World {
  /** The tasks' clock, events and visible points. */
  readonly sim: Sim;
  readonly #tasks: Task[] = [];

  /** Made by {@link tasksModel}. */
  constructor(chooser: Chooser) {
    this.sim = new Sim({ chooser });
  }

  /** Make a shared variable. */
  cell<T>(name: string, value: T): Cell<T> {
    return new Cell(this.sim, name, value);
  }

  /** The running task will sleep at its next {@link sleep}, unless it is woken before that. */
  prepareToSleep(): Step<void> {
    return this.sim.issue('prepareToSleep', this.#prepareToSleep());
  }

  /** The running task will not sleep after all. */
  finishSleep(): Step<void> {
    return this.sim.issue('finishSleep', this.#finishSleep());
  }

  /** Sleep until {@link wake}; returns at once if {@link prepareToSleep} was not called or a wakeup came since. */
  sleep(): MaySleep<void> {
    return this.sim.issue('sleep', this.#sleep());
  }

  /** Wake a task by name: one that sleeps goes on, one that prepares to sleep will not, any other does not notice. */
  wake(name: string): Step<void> {
    return this.sim.issue('wake', this.#wake(name));
  }

  /** Let ns of time pass. Others may act before, and timers may go off before others have acted. */
  delay(ns: number): MaySleep<void> {
    return this.sim.issue('delay', this.#delay(ns));
  }

  /** A full barrier: with memory `tso`, what this task has written is seen by all before it goes on. */
  fence(): Step<void> {
    return this.sim.issue('fence', this.#fence());
  }

  /** Stand back in a loop that waits for somebody else: this task goes on after another one has acted. */
  relax(): Step<void> {
    return this.sim.issue('relax', this.#relax());
  }

  /** An answer 0 .. n-1, all of which are tried. */
  pick(name: string, n: number): number {
    return this.sim.pick(name, n);
  }

  /** @internal */
  add(task: Task): void {
    this.#tasks.push(task);
  }

  *#prepareToSleep(): Step<void> {
    const task = this.#current();
    if (this.sim.point(task, 'state', WRITE)) yield POINT;
    task.awake = false;
  }

  *#finishSleep(): Step<void> {
    const task = this.#current();
    if (this.sim.point(task, 'state', WRITE)) yield POINT;
    task.awake = true;
  }

  *#sleep(): MaySleep<void> {
    const task = this.#current();
    if (this.sim.point(task, 'state', WRITE)) yield POINT;
    if (!task.awake) yield SLEEP;
  }

  *#wake(name: string): Step<void> {
    const task = this.#find(name);
    if (this.sim.point(task, 'state', WRITE)) yield POINT;
    task.wake();
  }

  *#delay(ns: number): MaySleep<void> {
    this.#current().delayNs = ns;
    yield SLEEP;
  }

  *#fence(): Step<void> {
    if (this.sim.pointBarrier()) yield POINT;
  }

  *#relax(): Step<void> {
    this.sim.relax();
    yield POINT;
  }

  #current(): Task {
    return this.#tasks[this.sim.lane]!;
  }

  #find(name: string): Task {
    for (const task of this.#tasks) if (task.name === name) return task;
    throw new UsageError('TASK_UNKNOWN', {
      what: `There is no task "${name}".`,
      advice: `The tasks are ${this.#tasks.map((task) => task.name).join(', ')}.`,
    });
  }
}

/** A running task. @internal */
export class Task {
  readonly name: string;
  awake = true;
  ended = false;
  /** Length of the delay that the task asked for, -1 if it did not. */
  delayNs = -1;
  readonly event: SimEvent;
  readonly #sim: Sim;
  readonly #body: Iterator<unknown, unknown, void>;
  readonly #run: TasksRun<unknown>;

  constructor(name: string, world: World, body: Iterator<unknown, unknown, void>, run: TasksRun<unknown>) {
    this.name = name;
    this.#sim = world.sim;
    this.#body = body;
    this.#run = run;
    this.event = new SimEvent(this.#sim.addLane(name), () => this.#step());
    this.#sim.post(this.event, 0);
  }

  wake(): void {
    if (this.awake) return;
    this.awake = true;
    if (!this.ended && !this.#sim.isQueued(this.event) && this.#sim.lane !== this.event.lane) {
      this.#sim.post(this.event, this.#sim.now);
    }
  }

  #step(): void {
    let result: IteratorResult<unknown, unknown>;
    try {
      result = this.#body.next();
      this.#sim.checkIssued();
    } catch (error) {
      this.#run.fail(this.name, error);
      return;
    }
    if (result.done === true) {
      this.ended = true;
    } else if (this.delayNs >= 0) {
      this.#sim.post(this.event, this.#sim.now + this.delayNs);
      this.delayNs = -1;
    } else if (result.value !== SLEEP || this.awake) {
      this.#sim.post(this.event, this.#sim.now);
    }
  }
}

/** One run of the tasks. */
class TasksRun<S> implements Run {
  readonly #world: World;
  readonly #shared: S;
  readonly #tasks: Task[] = [];
  readonly #check: TasksOptions<S>['check'];
  #failure: Outcome | null = null;

  constructor(chooser: Chooser, options: TasksOptions<S>, names: readonly string[], bodies: readonly TaskBody<S>[]) {
    const world = new World(chooser);
    this.#world = world;
    this.#check = options.check;
    this.#shared = options.shared(world);
    for (let i = 0; i < bodies.length; i++) {
      const task = new Task(names[i]!, world, bodies[i]!(this.#shared, world), this as TasksRun<unknown>);
      this.#tasks.push(task);
      world.add(task);
    }
    for (const task of this.#tasks) world.sim.addStoreBuffer(task.event.lane);
  }

  run(): Outcome {
    this.#world.sim.run(() => this.#failure !== null);
    if (this.#failure !== null) return this.#failure;
    const asleep = this.#tasks.filter((task) => !task.ended);
    if (asleep.length > 0) {
      const names = asleep.map((task) => task.name).join(' and ');
      return {
        kind: 'hang',
        message: `${names} ${asleep.length > 1 ? 'sleep' : 'sleeps'} and nobody is left to wake ${asleep.length > 1 ? 'them' : 'it'}`,
      };
    }
    const wrong = this.#check?.(this.#shared) ?? null;
    return wrong === null ? OK : { kind: 'violation', message: wrong };
  }

  laneName(lane: number): string {
    return this.#world.sim.laneName(lane);
  }

  objectName(object: object): string {
    return object instanceof Cell || object instanceof Task ? object.name : '?';
  }

  fail(name: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const kind = error instanceof UsageError ? 'usage' : error instanceof InvariantViolation ? 'violation' : 'oops';
    this.#failure = { kind, message: `${name}: ${message}` };
  }
}

/** Make a model of ordinary generator functions that have nothing to do with kernels. */
export function tasksModel<S>(options: TasksOptions<S>): Model {
  const list = options.tasks;
  const named = Array.isArray(list)
    ? (list as readonly TaskBody<S>[]).map((body, i): [string, TaskBody<S>] => [body.name || `task${i}`, body])
    : Object.entries(list as Readonly<Record<string, TaskBody<S>>>);
  const names = named.map(([name]) => name);
  const bodies = named.map(([, body]) => body);
  return { boot: (chooser) => new TasksRun(chooser, options, names, bodies) };
}
