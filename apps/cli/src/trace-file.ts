import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InputError, type TraceOutput } from '@kernel-model/runner';
import type { CliIo, TextStream } from './io.ts';
import { OutputFile } from './output-file.ts';
import { STDOUT } from './output.ts';
import { systemProblem } from './system-problem.ts';

/** Most characters of lines that are kept in memory. */
const IN_MEMORY = 1 << 22;
const PIECE = 1 << 20;

/**
 * The file of a trace. Its head names the number of lines and comes last, so the lines wait: in memory, and on disk when
 * there are many. The file is there whole when {@link end} has returned, and not before.
 */
export class TraceFile implements TraceOutput {
  readonly #path: string;
  readonly #stdout: TextStream;
  #head = '';
  #pieces: string[] = [];
  #size = 0;
  #spool: Spool | null = null;

  /** @param path or `-` for standard output */
  constructor(path: string, { stdout }: CliIo) {
    this.#path = path;
    this.#stdout = stdout;
  }

  /** Take the next lines. @throws InputError if there is no room for them */
  write(text: string): void {
    this.#pieces.push(text);
    this.#size += text.length;
    if (this.#size < IN_MEMORY) return;
    this.#spool ??= new Spool(this.#path);
    this.#spool.write(this.#pieces.join(''));
    this.#pieces = [];
    this.#size = 0;
  }

  /** Take the head. */
  head(text: string): void {
    this.#head = text;
  }

  /** Head and lines are complete: write the file. @throws InputError if it cannot be written */
  end(): void {
    if (this.#path === STDOUT) {
      this.#writeTo(this.#stdout);
      return;
    }
    const file = new OutputFile(this.#path);
    try {
      this.#writeTo(file);
    } catch (error) {
      file.abandon();
      throw error;
    }
    file.end();
  }

  /** Something went wrong: leave nothing behind. */
  abandon(): void {
    this.#spool?.remove();
    this.#spool = null;
  }

  #writeTo(out: { write(piece: string | Uint8Array): unknown }): void {
    const rest = this.#pieces.join('');
    if (this.#spool === null) {
      out.write(this.#head + rest);
      return;
    }
    out.write(this.#head);
    this.#spool.forEachPiece((piece) => void out.write(piece));
    out.write(rest);
    this.abandon();
  }
}

/** Lines on disk, where the file will be that they go into: in a file without a name, so that nothing stays whatever ends us. */
class Spool {
  readonly #path: string;
  readonly #fd: number;
  #size = 0;

  constructor(target: string) {
    // beside a device there may be no room for files
    const dir = target === STDOUT || target.startsWith('/dev/') ? tmpdir() : dirname(target);
    const name = target === STDOUT ? 'kmodel' : target.slice(target.lastIndexOf('/') + 1);
    this.#path = join(dir, `${name}.${process.pid}.lines.part`);
    this.#fd = this.#attempt(() => openSync(this.#path, 'wx+'));
    rmSync(this.#path, { force: true });
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    this.#attempt(() => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
    });
    this.#size += bytes.length;
  }

  forEachPiece(fn: (piece: Uint8Array) => void): void {
    for (let at = 0; at < this.#size;) {
      // memory of its own: a stream may keep a piece for a while
      const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, this.#size - at));
      const length = this.#attempt(() => readSync(this.#fd, piece, 0, piece.length, at));
      if (length === 0) throw new InputError(`${this.#path}: it was changed by somebody else`);
      fn(piece.subarray(0, length));
      at += length;
    }
  }

  remove(): void {
    closeSync(this.#fd);
  }

  #attempt<T>(fn: () => T): T {
    try {
      return fn();
    } catch (error) {
      throw new InputError(`${this.#path}: ${systemProblem(error, 'write')}`);
    }
  }
}
