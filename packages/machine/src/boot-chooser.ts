import type { Access, Choice, Chooser } from '@kernel-model/sim';

/** Decides nothing while the machine boots: the first choice it is, always. Then the real chooser takes over. */
export class BootChooser implements Chooser {
  /** Set to let the real chooser decide. */
  booted = false;
  readonly #chooser: Chooser;

  constructor(chooser: Chooser) {
    this.#chooser = chooser;
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

  pick(name: string, n: number): number {
    return this.booted ? this.#chooser.pick(name, n) : 0;
  }
}
