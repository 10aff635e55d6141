import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { InputError } from '@kernel-model/runner';
import { systemProblem } from './system-problem.ts';

/** A file that is written piece by piece, and is there whole at the end or not at all. */
export class OutputFile {
  readonly #path: string;
  // a device or a pipe is written as it is: there is nothing to rename
  readonly #temporary: string | null;
  readonly #fd: number;

  /** @throws InputError if it cannot be written */
  constructor(path: string) {
    this.#path = path;
    this.#temporary = this.#attempt(() => statSync(path, { throwIfNoEntry: false })?.isFile() ?? true)
      ? `${path}.${process.pid}.part`
      : null;
    this.#fd = this.#attempt(() => openSync(this.#temporary ?? path, this.#temporary === null ? 'w' : 'wx'));
  }

  /** Write the next piece. @throws InputError */
  write(piece: string | Uint8Array): void {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    this.#attempt(() => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
    });
  }

  /** All is written. @throws InputError */
  end(): void {
    this.#attempt(() => {
      closeSync(this.#fd);
      if (this.#temporary !== null) renameSync(this.#temporary, this.#path);
    });
  }

  /** Something went wrong: leave nothing behind. */
  abandon(): void {
    closeSync(this.#fd);
    if (this.#temporary !== null) rmSync(this.#temporary, { force: true });
  }

  #attempt<T>(fn: () => T): T {
    try {
      return fn();
    } catch (error) {
      throw new InputError(`${this.#path}: ${systemProblem(error, 'write')}`);
    }
  }
}
