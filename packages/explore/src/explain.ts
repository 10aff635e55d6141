import {
  BufferedStore,
  Precedence,
  SimEvent,
  WRITE,
  type Access,
  type AccessKind,
  type Choice,
  type Chooser,
} from '@kernel-model/sim';
import type { Model, Outcome, Run } from './model.ts';
import { Follower, MAX_STEPS, outcomeOf, requireFollowed } from './replay.ts';
import { codeOf, memoryOf, parseSchedule } from './schedule.ts';

/** What a step touched. */
export interface ExplainedAccess {
  /** Name of the object. */
  readonly object: string;
  /** The part of it. */
  readonly field: string;
  /** READ or WRITE. */
  readonly kind: AccessKind;
}

/** One event of an explained run. */
export interface ExplainedStep {
  /** Number of the step, from 1. */
  readonly number: number;
  /** Who acted. */
  readonly lane: number;
  /** Its name. */
  readonly laneName: string;
  /** Time passed to the event first. */
  readonly future: boolean;
  /** The lane that could have gone on and was made to wait, or null. */
  readonly preempted: string | null;
  /** What the step touched, in order. */
  readonly accesses: readonly ExplainedAccess[];
}

/** A field that one lane used twice and another lane changed, or read a changed value of, in between. */
export interface Conflict {
  /** Name of the object. */
  readonly object: string;
  /** The part of it. */
  readonly field: string;
  /** Number of the step of the first use. */
  readonly before: number;
  /** Number of the other lane's step. */
  readonly between: number;
  /** Number of the step of the second use; null if the first lane never came back to it. */
  readonly after: number | null;
}

/** A plain store that others saw later than its processor's next step. */
export interface LateStore {
  /** Name of the object. */
  readonly object: string;
  /** The part of it. */
  readonly field: string;
  /** Number of the step that stored. */
  readonly stored: number;
  /** Number of the step in which the store reached memory. */
  readonly drained: number;
}

/** A failing run, step by step. */
export interface Explanation {
  /** How it ended. */
  readonly outcome: Outcome;
  /** The schedule. */
  readonly schedule: string;
  /** All steps up to the end. */
  readonly steps: readonly ExplainedStep[];
  /** Those with a second use first: they are what a lock or another order would have to prevent. */
  readonly conflicts: readonly Conflict[];
  /** With memory `tso`, the stores that were late. */
  readonly late: readonly LateStore[];
  /** As text, one line per step; conflicts without a second use only if there are no others. */
  readonly text: string;
}

/**
 * Run the schedule of a failure again and tell what happened: who acted, what it touched, and who came in between.
 * @throws UsageError as {@link replay} does
 */
export function explain(
  model: Model,
  failure: { readonly schedule: string },
  maxSteps: number = MAX_STEPS,
): Explanation {
  const codes = parseSchedule(failure.schedule).map(codeOf);
  const witness = new Witness(Math.max(maxSteps, codes.length), memoryOf(failure.schedule));
  witness.follow(codes, false);
  const result = witness.execute({ boot: (chooser) => witness.watch(model, chooser) });
  requireFollowed(witness, codes);
  const outcome = outcomeOf(witness, result);
  const conflicts = findConflicts(witness.seen);
  const steps = witness.seen.map(({ accesses, ...step }): ExplainedStep => ({
    ...step,
    accesses: accesses.map(({ object, field, kind }) => ({ object, field, kind })),
  }));
  return {
    outcome,
    schedule: failure.schedule,
    steps,
    conflicts,
    late: witness.late,
    text: render(outcome, failure.schedule, steps, conflicts, witness.late),
  };
}

interface SeenAccess extends ExplainedAccess {
  readonly identity: object;
}

interface SeenStep extends ExplainedStep {
  readonly accesses: SeenAccess[];
}

/** Follows a schedule and takes notes. */
class Witness extends Follower {
  readonly seen: SeenStep[] = [];
  readonly late: LateStore[] = [];
  /** By store in a buffer, the number of the step that made it. */
  readonly #stored = new Map<BufferedStore, number>();
  readonly #announced = new Map<number, SeenAccess[]>();
  readonly #numbers = new Map<object, number>();
  #run: Run | null = null;

  watch(model: Model, chooser: Chooser): Run {
    return (this.#run = model.boot(chooser));
  }

  override choose(choices: readonly Choice[]): number {
    const before = this.preemptions;
    const waiting = this.lane;
    const i = super.choose(choices);
    if (i < 0) return i;
    const { lane, future } = choices[i]!;
    this.seen.push({
      number: this.seen.length + 1,
      lane,
      laneName: this.#laneName(lane),
      future,
      preempted: this.preemptions > before && waiting !== -1 ? this.#laneName(waiting) : null,
      accesses: this.#announced.get(lane) ?? [],
    });
    this.#announced.delete(lane);
    return i;
  }

  override access(access: Access, announced: boolean): void {
    const { object, field, kind } = access;
    if (object instanceof BufferedStore) this.#follow(object, kind);
    if ((object instanceof Precedence || object instanceof SimEvent) && !isStored(access)) return;
    const seen: SeenAccess = { object: this.#objectName(object), field, kind, identity: object };
    const list = announced ? this.#announced.get(access.lane) : this.seen.at(-1)?.accesses;
    if (list === undefined) {
      if (announced) this.#announced.set(access.lane, [seen]);
    } else if (!list.some((a) => a.identity === object && a.field === field && a.kind === kind)) {
      list.push(seen);
    }
  }

  #follow(store: BufferedStore, kind: AccessKind): void {
    const number = this.seen.length;
    if (kind === WRITE) {
      this.#stored.set(store, number);
      return;
    }
    const stored = this.#stored.get(store)!;
    const name = { object: this.#objectName(store.object), field: store.field };
    if (number > stored + 1) this.late.push({ ...name, stored, drained: number });
  }

  #laneName(lane: number): string {
    return this.#run?.laneName?.(lane) ?? `lane ${lane}`;
  }

  /** The model's name, or one that tells objects apart. */
  #objectName(object: object): string {
    if (object instanceof BufferedStore) return `buffered ${this.#objectName(object.object)}`;
    const name = this.#run?.objectName?.(object);
    if (name !== undefined) return name;
    let number = this.#numbers.get(object);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(object, number);
    }
    return `${object.constructor.name}#${number}`;
  }
}

/** Of what only orders steps, a reader wants to know when a store goes into the buffer. */
function isStored({ object, kind }: Access): boolean {
  return object instanceof BufferedStore && kind === WRITE;
}

/** Two uses by one lane with a conflicting one of another lane in between; and, without a second use, what is left. */
function findConflicts(steps: readonly SeenStep[]): Conflict[] {
  const torn: Conflict[] = [];
  const open: Conflict[] = [];
  for (const [i, first] of steps.entries()) {
    for (const a of first.accesses) {
      const same = (b: SeenAccess): boolean => b.identity === a.identity && b.field === a.field;
      const next = steps.findIndex((step, k) => k > i && step.lane === first.lane && step.accesses.some(same));
      const between = steps
        .slice(i + 1, next === -1 ? undefined : next)
        .find(
          (step) =>
            step.lane !== first.lane && step.accesses.some((b) => same(b) && (a.kind === WRITE || b.kind === WRITE)),
        );
      if (between === undefined) continue;
      const after = next === -1 ? null : steps[next]!.number;
      const list = after === null ? open : torn;
      list.push({ object: a.object, field: a.field, before: first.number, between: between.number, after });
    }
  }
  return [...torn, ...open];
}

function render(
  outcome: Outcome,
  schedule: string,
  steps: readonly ExplainedStep[],
  conflicts: readonly Conflict[],
  late: readonly LateStore[],
): string {
  const lines = [`${outcome.kind}: ${outcome.message}`, `schedule ${schedule}`, ''];
  const width = Math.max(0, ...steps.map((step) => step.laneName.length));
  const digits = String(steps.length).length;
  for (const step of steps) {
    const did = step.accesses.map((a) => `${a.kind === WRITE ? 'write' : 'read'} ${a.object}.${a.field}`).join(', ');
    const notes = [
      step.future ? 'time passes first' : '',
      step.preempted === null ? '' : `${step.preempted} has to wait`,
    ];
    const note = notes.filter((n) => n !== '').join('; ');
    const line = `${String(step.number).padStart(digits)}  ${step.laneName.padEnd(width)}  ${did}`;
    lines.push((note === '' ? line : `${line.trimEnd()}  <- ${note}`).trimEnd());
  }
  const torn = conflicts.filter((c) => c.after !== null);
  if (conflicts.length + late.length > 0) lines.push('');
  for (const { object, field, stored, drained } of late) {
    const { laneName } = steps[stored - 1]!;
    lines.push(`what ${laneName} stored to ${object}.${field} in step ${stored} reached memory in step ${drained}`);
  }
  for (const c of torn.length > 0 ? torn : conflicts) {
    const [one, other] = [steps[c.before - 1]!.laneName, steps[c.between - 1]!.laneName];
    const verb = steps[c.between - 1]!.accesses.some(
      (a) => a.object === c.object && a.field === c.field && a.kind === WRITE,
    )
      ? 'changed'
      : 'read';
    const span = c.after === null ? `after step ${c.before}` : `between steps ${c.before} and ${c.after}`;
    lines.push(`${span} of ${one}, ${other} ${verb} ${c.object}.${c.field} (step ${c.between})`);
  }
  return lines.join('\n');
}
