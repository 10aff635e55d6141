import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { Cancelled, Engine, ProgramProblems, workerHost, type Host } from '../engine/client.ts';
import type { Problem, Program, ProgramOptions, RunData } from '../engine/protocol.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { TimelineModel } from '../timeline/model.ts';
import { revealing, wholeView, type View } from '../timeline/view.ts';

/** A program as it is edited. */
export interface Source {
  /** Text of the scenario. */
  readonly scenario: string;
  /** TypeScript of a daemon, or blank for none. */
  readonly daemon: string;
  readonly options: ProgramOptions;
}

/** One program, its run, and where in it the reader is: what every component of a page shares. */
export class Workbench {
  /** The program as it is edited. */
  readonly source: Signal<Source>;
  /** The program of the run that is shown; null before the first. */
  readonly shown: Signal<Source | null> = signal(null);
  readonly model: Signal<TimelineModel | null> = signal(null);
  /** The same program with changed options, to compare with; null for none. */
  readonly second: Signal<{ readonly model: TimelineModel; readonly options: ProgramOptions } | null> = signal(null);
  /** How far a run is; empty if none is on its way. */
  readonly busy: Signal<string> = signal('');
  readonly problems: Signal<readonly Problem[]> = signal([]);
  /** What went wrong apart from {@link problems}; empty for nothing. */
  readonly failure: Signal<string> = signal('');
  /** Event under the cursor: the state shown is that after it. */
  readonly cursor: Signal<number> = signal(0);
  readonly view: Signal<View> = signal({ from: 0, to: 1 });
  /** Selected span, or -1. */
  readonly span: Signal<number> = signal(-1);
  /** Row with the keyboard's attention, or -1. */
  readonly lane: Signal<number> = signal(-1);
  readonly found: Signal<Int32Array> = signal(new Int32Array(0));
  readonly snapshot: Signal<Snapshot | null> = signal(null);
  /** How many runs have been shown. */
  readonly nrShown: Signal<number> = signal(0);
  /** ns since the start of the run. */
  readonly cursorNs: ReadonlySignal<number>;
  readonly run: ReadonlySignal<RunData | null>;
  /** The worker with the run that is shown, for questions that this class does not ask. */
  engine: Engine;
  /** The worker with the second run. */
  #secondEngine: Engine | null = null;
  /** Workers that have nothing to do, by whether they are sandboxes. */
  readonly #spare = new Map<boolean, Engine>();
  /** The workers that were made here, and whether they are sandboxes. */
  readonly #made = new Map<Engine, boolean>();
  #running: Engine | null = null;
  readonly #stop: () => void;
  #asking = false;
  #runs = 0;

  constructor(source: Source) {
    this.source = signal(source);
    this.engine = this.#make(false, workerHost);
    this.run = computed(() => this.model.value?.run ?? null);
    this.cursorNs = computed(() => {
      const run = this.run.value;
      if (run === null || run.events.count === 0) return 0;
      return run.events.at[Math.min(this.cursor.value, run.events.count - 1)]! - run.startNs;
    });
    this.#stop = effect(() => {
      void this.cursor.value;
      if (this.model.value !== null) void this.#look();
    });
  }

  /** Run the program. @param place where to go afterwards; the start by default */
  async start(
    place: { readonly cursor?: number; readonly view?: View; readonly span?: number } = {},
  ): Promise<boolean> {
    const source = this.source.value;
    const ran = await this.#run(source);
    if (ran === null) return false;
    const { data, engine } = ran;
    this.#free(this.engine);
    this.engine = engine;
    this.#closeSecond();
    batch(() => {
      this.nrShown.value++;
      this.shown.value = source;
      this.model.value = new TimelineModel(data);
      this.cursor.value = Math.min(place.cursor ?? 0, Math.max(0, data.events.count - 1));
      this.view.value = place.view ?? wholeView(data.endNs - data.startNs);
      this.span.value = place.span !== undefined && place.span < data.spans.start.length ? place.span : -1;
      this.lane.value = -1;
      this.found.value = new Int32Array(0);
    });
    return true;
  }

  /** Run the program that is shown once more with other options, beside the first run. */
  async compare(options: ProgramOptions): Promise<void> {
    const source = this.shown.value;
    if (source === null) return;
    const ran = await this.#run({ ...source, options: { ...source.options, ...options } });
    if (ran === null) return;
    this.#closeSecond();
    this.#secondEngine = ran.engine;
    this.second.value = { model: new TimelineModel(ran.data), options };
    this.view.value = wholeView(this.lengthNs);
  }

  /** Away with the second run. */
  closeSecond(): void {
    this.#closeSecond();
    const model = this.model.value;
    if (model !== null) this.view.value = wholeView(model.lengthNs);
  }

  #closeSecond(): void {
    if (this.#secondEngine !== null) this.#free(this.#secondEngine);
    this.#secondEngine = null;
    this.second.value = null;
  }

  /** Run a program in a worker that has nothing to do. @returns null if it was refused, or given up */
  async #run(source: Source): Promise<{ readonly data: RunData; readonly engine: Engine } | null> {
    this.cancel();
    const number = ++this.#runs;
    this.busy.value = '…';
    let engine: Engine | null = null;
    try {
      const program = await compiled(source);
      if (number !== this.#runs) return null;
      engine = this.#running = await this.#take(program.daemon !== '');
      const data = await engine.ask('run', program, (text) => (this.busy.value = text));
      if (number !== this.#runs) return null;
      batch(() => {
        this.problems.value = [];
        this.failure.value = '';
      });
      return { data, engine };
    } catch (error) {
      if (engine !== null) this.#free(engine);
      if (number === this.#runs) this.#failed(error);
      return null;
    } finally {
      if (number === this.#runs) {
        this.#running = null;
        this.busy.value = '';
      }
    }
  }

  /** Stop what is running; what is shown stays. */
  cancel(): void {
    this.#runs++;
    this.#running?.end();
    this.#running = null;
    this.busy.value = '';
  }

  /** Put the cursor on an event and bring it into sight. */
  seek(event: number): void {
    const model = this.model.value;
    if (model === null) return;
    const last = Math.max(0, model.run.events.count - 1);
    batch(() => {
      this.cursor.value = Math.min(Math.max(0, event), last);
      this.view.value = revealing(this.view.value, this.cursorNs.value, model.lengthNs);
    });
  }

  /** Length of the longer run in ns. */
  get lengthNs(): number {
    return Math.max(this.model.value?.lengthNs ?? 1, this.second.value?.model.lengthNs ?? 0);
  }

  /** Let go of workers and of what listens. */
  dispose(): void {
    this.#stop();
    this.cancel();
    for (const engine of [this.engine, this.#secondEngine, ...this.#spare.values()]) engine?.end();
  }

  /** A worker that has nothing to do. Code of users runs in a sandbox, which is loaded when there is some. */
  async #take(sandboxed: boolean): Promise<Engine> {
    const spare = this.#spare.get(sandboxed);
    this.#spare.delete(sandboxed);
    if (spare !== undefined) return spare;
    if (!sandboxed) return this.#make(false, workerHost);
    const { sandboxHost } = await import('../sandbox/host.ts');
    return this.#make(true, sandboxHost);
  }

  #make(sandboxed: boolean, host: () => Host): Engine {
    const engine = new Engine(host);
    this.#made.set(engine, sandboxed);
    return engine;
  }

  #free(engine: Engine): void {
    const sandboxed = this.#made.get(engine);
    // an engine that somebody else put here cannot run programs
    if (sandboxed === undefined || this.#spare.has(sandboxed)) engine.end();
    else this.#spare.set(sandboxed, engine);
  }

  /** Ask for the state under the cursor; while an answer is on its way, only the last wish counts. */
  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      for (;;) {
        const event = this.cursor.peek();
        const { engine } = this;
        const snapshot = await engine.ask('snapshot', { event });
        if (engine !== this.engine) continue;
        this.snapshot.value = snapshot;
        if (this.cursor.peek() === event) return;
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) this.#failed(error);
    } finally {
      this.#asking = false;
    }
  }

  #failed(error: unknown): void {
    if (error instanceof Cancelled) return;
    if (error instanceof ProgramProblems) {
      this.problems.value = error.problems;
      this.failure.value = '';
    } else this.failure.value = error instanceof Error ? error.message : String(error);
  }
}

/** A program with its daemon as JavaScript. @throws ProgramProblems if it is no TypeScript */
export async function compiled({ scenario, daemon, options }: Source): Promise<Program> {
  if (daemon.trim() === '') return { scenario, daemon: '', options };
  const { compileDaemon } = await import('../sandbox/compile.ts');
  return { scenario, daemon: compileDaemon(daemon), options };
}
