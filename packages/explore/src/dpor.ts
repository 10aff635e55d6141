import type { Access, Choice } from '@kernel-model/sim';
import { AccessLog } from './access-log.ts';
import { Driver } from './driver.ts';
import type { Model, Outcome } from './model.ts';
import { Races, type RaceListener } from './races.ts';
import { codeOfLane, valueOf, type Code } from './schedule.ts';
import { lastingAccess, Sleeper } from './sleeper.ts';

/** A choice of the current execution, and what is left to explore there. */
class Node {
  pick = false;
  /** Number of alternatives. */
  count = 0;
  /** The current one. */
  at = 0;
  /** The step that the choice leads to; of a pick, the step that asked, -1 during boot. */
  step = 0;
  /** Fields that the execution had met before. */
  known = 0;
  /** The alternatives. Not for picks, like all that follows. */
  readonly codes: Code[] = [];
  /** Alternatives that have to be explored. */
  readonly wanted: boolean[] = [];
  sleepers: Sleeper[] = [];
  /** What the current alternative's step did, under all answers to its picks so far. */
  readonly did: number[] = [];
  /** The current alternative ended the run while others could have gone on: it depends on all of them. */
  ended = false;
}

/**
 * Dynamic partial-order reduction with source sets and sleep sets, after Abdulla, Aronsson, Jonsson and Sagonas
 * (POPL 2014): runs an execution, finds its races, and goes on to reverse each of them that no other execution
 * reverses. Steps depend on each other if they touch the same field and one writes, if one queues an event for the
 * other's lane, or if one lets time pass.
 */
export class Dpor extends Driver implements RaceListener {
  /** The last execution was abandoned: others stand for it. */
  redundant = false;
  readonly #log = new AccessLog();
  readonly #races = new Races(this.#log, this);
  readonly #nodes: Node[] = [];
  readonly #nodeOfStep: Node[] = [];
  #length = 0;
  /** First step of the current execution that the one before did not have. */
  #fresh = 0;

  override execute(model: Model): Outcome {
    this.redundant = false;
    this.#log.clear();
    const outcome = super.execute(model);
    // what could have gone on when the run ended was kept from showing its races: let it go first
    const last = this.#nodeOfStep[this.#log.steps - 1];
    if (!this.cut && last !== undefined && this.#log.steps > 0 && last.count > 1) {
      last.ended = true;
      last.wanted.fill(true);
    }
    this.#races.find(this.#fresh);
    return outcome;
  }

  /** Prepare the next execution. @returns false if there is none */
  next(): boolean {
    for (let d = this.#length - 1; d >= 0; d--) {
      const node = this.#nodes[d]!;
      if (node.pick ? this.#nextAnswer(node) : this.#nextLane(node)) {
        this.#fresh = Math.max(node.step, 0);
        this.#length = d + 1;
        return true;
      }
    }
    return false;
  }

  override access(access: Access, announced: boolean): void {
    this.#log.add(access, announced);
  }

  override posted(_by: number, lane: number): void {
    this.#log.posted(lane);
  }

  /** The running step kept a lane from showing its races: let that lane go first, if it could. */
  override takenBack(lane: number): void {
    const step = this.#log.steps - 1;
    if (step < 0) return;
    const node = this.#nodeOfStep[step]!;
    const i = indexOfLane(node, lane);
    if (i !== -1) node.wanted[i] = true;
  }

  /** @inheritdoc */
  offered(step: number, lane: number): boolean {
    return indexOfLane(this.#nodeOfStep[step]!, lane) !== -1;
  }

  /** Make sure that an execution is run in which the later step, or what leads to it, comes before the earlier one. */
  race(earlier: number, later: number, early: boolean): void {
    const node = this.#nodeOfStep[earlier]!;
    const initials = this.#races.initials(earlier, later);
    let index = -1;
    for (let i = 0; i < initials.length; i++) {
      const candidate = indexOfLane(node, initials[i]!);
      if (candidate === -1) continue;
      if (node.wanted[candidate]! || sleeps(node, node.codes[candidate]!)) return;
      index = candidate;
    }
    if (index !== -1) node.wanted[index] = true;
    else if (!early) node.wanted.fill(true);
  }

  protected decide(choices: readonly Choice[], usual: number): number {
    const d = this.depth;
    const node = this.#node(d);
    if (d < this.#length) {
      if (node.pick || node.count !== choices.length) return this.fail(this.nondeterministic());
    } else if (!this.#open(node, choices, usual)) {
      this.redundant = true;
      return -1;
    }
    const chosen = choices[node.at]!;
    this.#nodeOfStep[this.#log.steps] = node;
    this.#log.begin(chosen.lane, chosen.future);
    return node.at;
  }

  protected decidePick(_name: string, n: number): number {
    const d = this.depth;
    const node = this.#node(d);
    if (d < this.#length) {
      if (!node.pick || node.count !== n) this.fail(this.nondeterministic());
    } else {
      node.pick = true;
      node.count = n;
      node.at = 0;
      node.step = this.#log.steps - 1;
      this.#length = d + 1;
    }
    return node.at;
  }

  #node(d: number): Node {
    while (this.#nodes.length <= d) this.#nodes.push(new Node());
    return this.#nodes[d]!;
  }

  /** Fill in a new node, and choose. @returns false if all alternatives sleep */
  #open(node: Node, choices: readonly Choice[], usual: number): boolean {
    const step = this.#log.steps;
    node.pick = false;
    node.count = choices.length;
    node.step = step;
    node.known = this.#log.fields;
    node.did.length = 0;
    node.ended = false;
    node.sleepers = step === 0 ? [] : this.#stillAsleep(this.#nodeOfStep[step - 1]!.sleepers, step - 1);
    node.codes.length = node.wanted.length = 0;
    node.at = -1;
    for (let i = 0; i < choices.length; i++) {
      node.codes.push(codeOfLane(choices[i]!.lane, choices[i]!.future));
      node.wanted.push(false);
      if ((node.at === -1 || i === usual) && !sleeps(node, node.codes[i]!)) node.at = i;
    }
    if (node.at === -1) return false;
    node.wanted[node.at] = true;
    this.#length = this.depth + 1;
    return true;
  }

  #stillAsleep(sleepers: readonly Sleeper[], step: number): Sleeper[] {
    const kept: Sleeper[] = [];
    for (let i = 0; i < sleepers.length; i++) {
      if (!sleepers[i]!.dependsOn(this.#log, step)) kept.push(sleepers[i]!);
    }
    return kept;
  }

  #nextAnswer(node: Node): boolean {
    if (node.at + 1 >= node.count) return false;
    node.at++;
    if (node.step >= 0) this.#collectAccesses(this.#nodeOfStep[node.step]!);
    return true;
  }

  /** Put the current alternative to sleep and take the next one that is wanted. */
  #nextLane(node: Node): boolean {
    this.#collectAccesses(node);
    const code = node.codes[node.at]!;
    const global = node.ended || this.#log.global[node.step]!;
    node.sleepers.push(new Sleeper(code, global, node.did.slice(), node.known));
    node.did.length = 0;
    node.ended = false;
    for (let i = 0; i < node.count; i++) {
      if (!node.wanted[i]! || sleeps(node, node.codes[i]!)) continue;
      node.at = i;
      return true;
    }
    return false;
  }

  #collectAccesses(node: Node): void {
    const log = this.#log;
    for (let i = log.start[node.step]!; i < log.start[node.step + 1]!; i++) {
      node.did.push(lastingAccess(log.accesses[i]!, node.known, log));
    }
  }
}

function sleeps(node: Node, code: Code): boolean {
  for (let i = 0; i < node.sleepers.length; i++) if (node.sleepers[i]!.code === code) return true;
  return false;
}

function indexOfLane(node: Node, lane: number): number {
  for (let i = 0; i < node.count; i++) if (valueOf(node.codes[i]!) === lane) return i;
  return -1;
}
