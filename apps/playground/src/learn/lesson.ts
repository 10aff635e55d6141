import type { BootConfig, Machine } from '@kernel-model/machine';
import type { Ran } from './ran.ts';

/** A text in the languages of the lessons. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** The languages of the lessons. */
export type Language = keyof Words;

/** What the machine says to an answer. */
export interface Verdict {
  readonly right: boolean;
  /** Why, with the numbers of this run. Inline code in backticks. */
  readonly say: Words;
}

/**
 * A question that a run answers. There is no answer key: `check` looks at what the machine did, so the question stays true
 * when the reader changes the machine.
 */
export interface Question<N = unknown> {
  readonly id: string;
  readonly ask: Words;
  /** How the reader answers: by changing the machine, with a number, or by choosing. */
  readonly answer:
    | { readonly kind: 'machine' }
    | { readonly kind: 'number'; readonly unit: string }
    | { readonly kind: 'choice'; readonly choices: readonly Choice[] };
  /** @param answer what was chosen; empty if the machine itself is the answer */
  check(ran: Ran<N>, answer: string): Verdict;
}

/** One of the answers to choose from. */
export interface Choice {
  readonly value: string;
  readonly words: Words;
}

/** Something that the reader can set on a machine that is no scenario. */
export interface Knob {
  readonly id: string;
  readonly label: Words;
  /** Values to choose from, the first one to begin with. */
  readonly values: readonly number[];
  readonly unit?: string;
}

/** Something to look at when the run is over. */
export interface Panel {
  readonly title: string;
  readonly text: string;
}

/** What the reader set, by the name of the knob. */
export type Settings = Readonly<Record<string, number>>;

/** A machine that runs `machine.yaml`, which the reader may edit. */
export interface ScenarioMachine<N> {
  readonly kind: 'scenario';
  /** Look for an interleaving that fails as well. */
  readonly explore?: boolean;
  /** Called when `main` starts: to take notes of what the trace does not show. */
  watch?(machine: Machine, notes: N): void;
}

/** A machine that boots and runs a fixed program, on which the reader may turn knobs. */
export interface BootedMachine<N> {
  readonly kind: 'boot';
  readonly knobs: readonly Knob[];
  config(settings: Settings): BootConfig;
  /** The program, as the reader sees it beside the machine, is in the text of the lesson. */
  drive(machine: Machine, settings: Settings, notes: N): void;
}

/** A lesson: its texts are `en.md` and `zh.md` beside it. */
export interface Lesson<N = unknown> {
  readonly id: string;
  readonly title: Words;
  /** One sentence for the list of lessons. */
  readonly about: Words;
  readonly machine: ScenarioMachine<N> | BootedMachine<N>;
  /** What the timeline shows at first, in us from the start of the run; all of it by default. */
  readonly view?: readonly [fromUs: number, toUs: number];
  /** A fresh page for the notes of a run. */
  notes(): N;
  /** Tables and files to look at after a run. */
  panels?(ran: Ran<N>): readonly Panel[];
  readonly questions: readonly Question<N>[];
}

/** Check a definition, and forget what its notes are made of: only the lesson itself reads them. */
export function defineLesson<N>(lesson: Lesson<N>): Lesson {
  return lesson as unknown as Lesson;
}

/** Notes of lessons whose questions the trace alone answers. */
export function noNotes(): null {
  return null;
}
