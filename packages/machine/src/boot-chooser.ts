import type { Access, Choice, Chooser, Memory } from '@kernel-model/sim';

/** Decides nothing while the machine boots: the first choice it is, always. Then the real chooser takes over. */
export class BootChooser implements Chooser {
  /** Set to let the real chooser decide. */
  booted = false;
  readonly #chooser: Chooser;

  constructor(chooser: Chooser) {
    this.#chooser = chooser;
  }

  get memory(): Memory {
    return this.#chooser.memory ?? 'sc';
  }

  choose(choices: readonly Choice[]): number {
    return this.booted ? this.#chooser.choose(choices) : 0;
  }

  access(access: Access, announced: boolean): void {
    if (this.booted) this.#chooser.access(access, announced);
  }

  posted(from: number, to: number): void {
    if (this.booted) this.#chooser.posted?.(from, to);
  }

  takenBack(lane: number): void {
    if (this.booted) this.#chooser.takenBack?.(lane);
  }

  pick(name: string, n: number): number {
    return this.booted ? this.#chooser.pick(name, n) : 0;
  }
}
