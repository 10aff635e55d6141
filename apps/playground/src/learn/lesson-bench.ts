import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { Engine, ProgramProblems, type Host } from '../engine/client.ts';
import type { Problem } from '../engine/protocol.ts';
import { Workbench } from '../state/workbench.ts';
import { TimelineModel } from '../timeline/model.ts';
import { wholeView, type View } from '../timeline/view.ts';
import { client } from './client.ts';
import type { Panel, Settings, Verdict } from './lesson.ts';
import { setAnswered } from './progress.ts';
import type { LessonCard } from './protocol.ts';
import type { Input } from './run-lesson.ts';

/** A lesson's machine as the reader has changed it, its last run, and what was said to the answers. */
export class LessonBench {
  readonly card: LessonCard;
  /** The scenario that the lesson begins with; null for a machine that boots. */
  readonly original: string | null;
  /** The timeline, and where in it the reader is. */
  readonly work: Workbench;
  /** The scenario as it is edited. */
  readonly scenario: Signal<string>;
  /** Values of the knobs. */
  readonly settings: Signal<Settings>;
  readonly busy: Signal<boolean> = signal(false);
  readonly problems: Signal<readonly Problem[]> = signal([]);
  readonly failure: Signal<string> = signal('');
  readonly panels: Signal<readonly Panel[]> = signal([]);
  readonly verdicts: Signal<Readonly<Record<string, Verdict>>> = signal({});
  /** What is set differs from what has run. */
  readonly changed: ReadonlySignal<boolean>;
  readonly #ran: Signal<string> = signal('');

  constructor(card: LessonCard, source: string | null) {
    this.card = card;
    this.original = source;
    this.scenario = signal(source ?? '');
    this.work = new Workbench({ scenario: source ?? '', daemon: '', options: {} });
    this.settings = signal(Object.fromEntries((card.knobs ?? []).map(({ id, values }) => [id, values[0]!])));
    this.changed = computed(() => this.#ran.value !== '' && this.#ran.value !== JSON.stringify(this.#input()));
  }

  /** Run the machine as it is now. @returns whether it ran */
  async run(): Promise<boolean> {
    if (this.busy.value) return false;
    const input = this.#input();
    this.busy.value = true;
    try {
      const ran = client.ask('run', { lesson: this.card.id, input });
      // a scenario is run at the same time for the timeline, by another worker
      const [shown] = await Promise.all([ran, this.original === null ? null : this.#play()]);
      if (shown.data !== null) this.#show(new TimelineModel(shown.data), shown.lines);
      batch(() => {
        this.panels.value = shown.panels;
        this.problems.value = [];
        this.failure.value = '';
        this.#ran.value = JSON.stringify(input);
      });
      return true;
    } catch (error) {
      if (error instanceof ProgramProblems) this.problems.value = error.problems;
      else this.failure.value = error instanceof Error ? error.message : String(error);
      return false;
    } finally {
      this.busy.value = false;
    }
  }

  /** Hold an answer against the machine as it is now: it runs first if it has changed. */
  async check(question: string, answer: string): Promise<void> {
    if ((this.changed.value || this.#ran.value === '') && !(await this.run())) return;
    const verdict = await client.ask('check', { question, answer });
    this.verdicts.value = { ...this.verdicts.value, [question]: verdict };
    if (verdict.right) setAnswered(this.card.id, question);
  }

  /** The machine as the lesson began. */
  reset(): void {
    this.scenario.value = this.original ?? '';
    this.settings.value = Object.fromEntries((this.card.knobs ?? []).map(({ id, values }) => [id, values[0]!]));
    void this.run();
  }

  /** Let go of the workers. */
  dispose(): void {
    this.work.dispose();
  }

  /** What the lesson wants to be seen first. */
  #view(): View | null {
    const { view } = this.card;
    return view === undefined ? null : { from: view[0] * 1000, to: view[1] * 1000 };
  }

  #input(): Input {
    return this.original === null ? this.settings.value : this.scenario.value;
  }

  /** Let the playground run the same program, for its timeline. */
  async #play(): Promise<void> {
    const { source } = this.work;
    source.value = { ...source.value, scenario: this.scenario.value };
    const view = this.#view();
    await this.work.start(view === null ? {} : { view });
  }

  /** The timeline of a run that no engine of the playground made: its lines are all here. */
  #show(model: TimelineModel, lines: readonly string[]): void {
    const { work } = this;
    work.engine.end();
    work.engine = new Engine(() => recordedHost(lines));
    batch(() => {
      work.model.value = model;
      work.cursor.value = 0;
      work.span.value = -1;
      work.lane.value = -1;
      work.view.value = this.#view() ?? wholeView(model.lengthNs);
    });
  }
}

/** Answers for lines of the trace, and for nothing else. */
function recordedHost(lines: readonly string[]): Host {
  const host: Host = {
    post: ({ id, name, data }) => {
      if (name !== 'linesOf') return;
      const found = Array.from((data as { readonly events: readonly number[] }).events, (event) => lines[event] ?? '');
      host.onreply({ id, kind: 'answer', data: found });
    },
    onreply: () => {},
    onlost: () => {},
    end: () => {},
  };
  return host;
}
