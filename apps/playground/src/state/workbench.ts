import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { Cancelled, Engine, ProgramProblems } from '../engine/client.ts';
import type { Problem, Program, ProgramOptions, RunData } from '../engine/protocol.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { TimelineModel } from '../timeline/model.ts';
import { revealing, wholeView, type View } from '../timeline/view.ts';

/** One program, its run, and where in it the reader is: what every component of a page shares. */
export class Workbench {
  /** The program as it is edited. */
  readonly program: Signal<Program>;
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
  /** ns since the start of the run. */
  readonly cursorNs: ReadonlySignal<number>;
  readonly run: ReadonlySignal<RunData | null>;
  /** The model, for questions that this class does not ask. */
  engine: Engine;
  readonly #second: Engine;
  readonly #stop: () => void;
  #asking = false;
  #runs = 0;

  constructor(program: Program, newEngine: () => Engine = () => new Engine()) {
    this.program = signal(program);
    this.engine = newEngine();
    this.#second = newEngine();
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
    const number = ++this.#runs;
    this.busy.value = '…';
    try {
      const data = await this.engine.ask('run', this.program.value, (text) => (this.busy.value = text));
      if (number !== this.#runs) return false;
      batch(() => {
        this.model.value = new TimelineModel(data);
        this.second.value = null;
        this.problems.value = [];
        this.failure.value = '';
        this.cursor.value = Math.min(place.cursor ?? 0, Math.max(0, data.events.count - 1));
        this.view.value = place.view ?? wholeView(data.endNs - data.startNs);
        this.span.value = place.span !== undefined && place.span < data.spans.start.length ? place.span : -1;
        this.lane.value = -1;
        this.found.value = new Int32Array(0);
      });
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    } finally {
      if (number === this.#runs) this.busy.value = '';
    }
  }

  /** Run the program once more with other options, beside the first run. */
  async compare(options: ProgramOptions): Promise<void> {
    this.busy.value = '…';
    try {
      const program = { ...this.program.value, options: { ...this.program.value.options, ...options } };
      const data = await this.#second.ask('run', program, (text) => (this.busy.value = text));
      this.second.value = { model: new TimelineModel(data), options };
      const longer = Math.max(data.endNs - data.startNs, this.model.value?.lengthNs ?? 0);
      this.view.value = wholeView(longer);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.busy.value = '';
    }
  }

  /** Stop what is running. */
  cancel(): void {
    this.#runs++;
    this.engine.end();
    this.#second.end();
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
    this.engine.end();
    this.#second.end();
  }

  /** Ask for the state under the cursor; while an answer is on its way, only the last wish counts. */
  async #look(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      for (;;) {
        const event = this.cursor.peek();
        const run = this.#runs;
        this.snapshot.value = await this.engine.ask('snapshot', { event });
        if (this.cursor.peek() === event && run === this.#runs) return;
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
