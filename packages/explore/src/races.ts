import type { AccessLog } from './access-log.ts';

/** Who wants to know about races. */
export interface RaceListener {
  /** Whether a lane was among the choices when the machine chose a step. */
  offered(step: number, lane: number): boolean;
  /** A race was found. `early`: the later step was kept back by time alone, see {@link Races}. */
  race(earlier: number, later: number, early: boolean): void;
}

/**
 * The happens-before order of an execution, and its races: pairs of dependent steps of different lanes with nothing
 * between them in that order. Both are computed for the steps that are new, in one pass over the log.
 *
 * A step that lets time pass goes before every event with a later instant, and nothing can reverse the two. But a
 * step before it, perhaps the one that started the first timer, can be reversed with the later event. Such pairs are
 * races, too, although something lies between them.
 */
export class Races {
  readonly #log: AccessLog;
  /** Vector clocks, one place per lane and step: 1 + the last step of that lane that happens before or is the step. */
  readonly #clocks: number[] = [];
  #lanes = 1;
  // by variable: the last write, and the reads since, linked through #nextRead by their place in the log
  readonly #lastWrite: number[] = [];
  readonly #lastRead: number[] = [];
  readonly #nextRead: number[] = [];
  readonly #readStep: number[] = [];
  readonly #lastOfLane: number[] = [];
  readonly #candidates: number[] = [];
  readonly #racing: number[] = [];
  /** Clock of the step in hand, without those that only time keeps before it. */
  readonly #reversible: number[] = [];
  readonly #racingEarly: number[] = [];
  readonly #firstOfLane: number[] = [];
  readonly #initials: number[] = [];

  readonly #listener: RaceListener;

  constructor(log: AccessLog, listener: RaceListener) {
    this.#log = log;
    this.#listener = listener;
  }

  /** Tell the listener of each race whose later step is `fresh` or a later one; the steps before `fresh` are as last time. */
  find(fresh: number): void {
    const log = this.#log;
    const from = this.#reset() ? 0 : fresh;
    let lastGlobal = -1;
    for (let s = 0; s < log.steps; s++) {
      if (s >= from) {
        this.#collect(s, lastGlobal);
        this.#order(s);
        if (s >= fresh) this.#report(s);
      }
      this.#record(s);
      if (log.global[s]!) lastGlobal = s;
    }
  }

  /**
   * The lanes that could act first if step `later` was to come before `earlier`: of the steps after `earlier` that do
   * not depend on it, and `later`, those that depend on no other of them. The result changes with the next call.
   */
  initials(earlier: number, later: number): readonly number[] {
    const log = this.#log;
    const first = this.#firstOfLane;
    this.#initials.length = 0;
    for (let lane = 0; lane < this.#lanes; lane++) first[lane] = -1;
    const lane = log.lane[earlier]!;
    for (let s = earlier + 1; s <= later; s++) {
      if (s !== later && this.#clocks[s * this.#lanes + lane]! > earlier) continue;
      const own = log.lane[s]!;
      if (first[own] !== -1) continue;
      if (!this.#afterAny(s, first)) this.#initials.push(own);
      first[own] = s;
    }
    return this.#initials;
  }

  #afterAny(s: number, first: readonly number[]): boolean {
    for (let lane = 0; lane < this.#lanes; lane++) {
      if (first[lane] !== -1 && this.#clocks[s * this.#lanes + lane]! > first[lane]!) return true;
    }
    return false;
  }

  /** @returns true if the clocks became wider, and have to be computed anew */
  #reset(): boolean {
    const log = this.#log;
    const before = this.#lanes;
    let lanes = before;
    for (let i = 0; i < log.accesses.length; i++) {
      const variable = log.accesses[i]! >> 1;
      if (variable % 2 === 0 && variable >> 1 >= lanes) lanes = (variable >> 1) + 1;
    }
    this.#lanes = lanes;
    const variables = Math.max(2 * lanes, 2 * log.fields + 1);
    for (let v = 0; v < variables; v++) this.#lastWrite[v] = this.#lastRead[v] = -1;
    for (let lane = 0; lane < lanes; lane++) this.#lastOfLane[lane] = -1;
    return lanes !== before;
  }

  /** The earlier steps that step s may depend on directly, latest first. */
  #collect(s: number, lastGlobal: number): void {
    const log = this.#log;
    this.#candidates.length = 0;
    if (log.global[s]!) for (let lane = 0; lane < this.#lanes; lane++) this.#addCandidate(this.#lastOfLane[lane]!);
    this.#addCandidate(lastGlobal);
    for (let i = log.start[s]!; i < log.start[s + 1]!; i++) {
      const variable = log.accesses[i]! >> 1;
      this.#addCandidate(this.#lastWrite[variable]!);
      if ((log.accesses[i]! & 1) === 0) continue;
      for (let r = this.#lastRead[variable]!; r !== -1; r = this.#nextRead[r]!) this.#addCandidate(this.#readStep[r]!);
    }
  }

  #addCandidate(s: number): void {
    if (s === -1) return;
    const list = this.#candidates;
    let i = list.length;
    while (i > 0 && list[i - 1]! < s) i--;
    if (i > 0 && list[i - 1] === s) return;
    list.push(s);
    for (let k = list.length - 1; k > i; k--) list[k] = list[k - 1]!;
    list[i] = s;
  }

  #report(s: number): void {
    for (let i = 0; i < this.#racing.length; i++) this.#listener.race(this.#racing[i]!, s, false);
    for (let i = 0; i < this.#racingEarly.length; i++) this.#listener.race(this.#racingEarly[i]!, s, true);
  }

  /** Compute the clock of step s, and the candidates that race with it. */
  #order(s: number): void {
    const log = this.#log;
    const clocks = this.#clocks;
    const lanes = this.#lanes;
    const own = log.lane[s]!;
    const base = s * lanes;
    const last = this.#lastOfLane[own]!;
    for (let lane = 0; lane < lanes; lane++) {
      this.#reversible[lane] = clocks[base + lane] = last === -1 ? 0 : clocks[last * lanes + lane]!;
    }
    this.#racing.length = this.#racingEarly.length = 0;
    let keptByTime = -1;
    for (let i = 0; i < this.#candidates.length; i++) {
      const c = this.#candidates[i]!;
      const other = log.lane[c]!;
      // latest first: if something between c and s was ordered with both, its clock has covered c by now
      if (other === own || clocks[base + other]! > c) continue;
      for (let lane = 0; lane < lanes; lane++) {
        if (clocks[c * lanes + lane]! > clocks[base + lane]!) clocks[base + lane] = clocks[c * lanes + lane]!;
      }
      if (this.#keeps(c, s)) {
        if (log.global[c]! && !log.posts(c, own) && !log.precedes(c, s)) {
          if (keptByTime === -1) keptByTime = c;
        } else this.#cover(c);
      } else {
        this.#racing.push(c);
        this.#cover(c);
      }
    }
    clocks[base + own] = s + 1;
    if (keptByTime !== -1) this.#lookBehind(s, keptByTime);
  }

  /** Races with s of steps before `kept`, with which s cannot be reversed because time keeps them in order. */
  #lookBehind(s: number, kept: number): void {
    const log = this.#log;
    const own = log.lane[s]!;
    const last = this.#lastOfLane[own]!;
    for (let e = kept - 1; e >= 0; e--) {
      const other = log.lane[e]!;
      if (other === own || this.#reversible[other]! > e || !log.dependent(e, s)) continue;
      if (this.#keeps(e, s)) {
        if (log.posts(e, own) || log.precedes(e, s)) this.#cover(e);
        continue;
      }
      this.#racingEarly.push(e);
      if (e < last || this.#listener.offered(e, own)) this.#cover(e);
    }
  }

  /** Whether s cannot come before c: c wakes it, or lets the time pass that comes before s, or drains its stores. */
  #keeps(c: number, s: number): boolean {
    const log = this.#log;
    const own = log.lane[s]!;
    return ((log.global[c]! || log.posts(c, own)) && !this.#listener.offered(c, own)) || log.precedes(c, s);
  }

  #cover(c: number): void {
    const lanes = this.#lanes;
    for (let lane = 0; lane < lanes; lane++) {
      if (this.#clocks[c * lanes + lane]! > this.#reversible[lane]!) {
        this.#reversible[lane] = this.#clocks[c * lanes + lane]!;
      }
    }
  }

  #record(s: number): void {
    const log = this.#log;
    for (let i = log.start[s]!; i < log.start[s + 1]!; i++) {
      const variable = log.accesses[i]! >> 1;
      if ((log.accesses[i]! & 1) === 1) {
        this.#lastWrite[variable] = s;
        this.#lastRead[variable] = -1;
      } else {
        this.#nextRead[i] = this.#lastRead[variable]!;
        this.#readStep[i] = s;
        this.#lastRead[variable] = i;
      }
    }
    this.#lastOfLane[log.lane[s]!] = s;
  }
}
