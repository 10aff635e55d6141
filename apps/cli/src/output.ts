import { accessSync, constants, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '@kernel-model/runner';
import { systemProblem } from './system-problem.ts';

/** Where traces go. */
export interface OutputOptions {
  /** A file, or `-` for standard output. */
  readonly trace?: string;
  /** A directory. */
  readonly outDir?: string;
}

/** Stands for standard output. */
export const STDOUT = '-';

/**
 * Where the trace of each scenario goes: a path, `-`, or null for nowhere.
 * @throws InputError if two would go to one place, or if it is clear already that one cannot be written
 */
export function planOutput(files: readonly string[], { trace, outDir }: OutputOptions): (string | null)[] {
  if (trace !== undefined && outDir !== undefined) throw new InputError('Give --trace or --out-dir, not both.');
  if (trace !== undefined && files.length > 1) {
    throw new InputError(`--trace takes the trace of one scenario; these are ${files.length}. Use --out-dir DIR.`);
  }
  if (outDir !== undefined) {
    const paths = files.map((file) => join(outDir, `${basename(file).replace(/\.ya?ml$/i, '')}.trace`));
    requireDistinct(files, paths);
    return paths;
  }
  return files.map(() => trace ?? null);
}

/** Make the directory of the traces, and look whether they can be written. @throws InputError */
export function prepareOutput(paths: readonly (string | null)[], { outDir }: OutputOptions): void {
  if (outDir === '') throw new InputError('--out-dir takes the name of a directory.');
  if (outDir !== undefined) attempt(outDir, () => void mkdirSync(outDir, { recursive: true }));
  for (const path of paths) {
    if (path === null || path === STDOUT) continue;
    if (attempt(path, () => statSync(path, { throwIfNoEntry: false })?.isDirectory())) {
      throw new InputError(`${path}: cannot write it: this is a directory; name a file, or use --out-dir ${path}`);
    }
    if (path === '') throw new InputError('--trace takes the name of a file, or - for standard output.');
    attempt(dirname(path), () => accessSync(dirname(path), constants.W_OK));
  }
}

/** Write a file whole or not at all. @throws InputError */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.part`;
  attempt(path, () => {
    try {
      if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) {
        writeFileSync(path, text); // a device or a pipe: there is nothing to rename
        return;
      }
      writeFileSync(temporary, text, { flag: 'wx' });
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

function requireDistinct(files: readonly string[], paths: readonly string[]): void {
  const first = new Map<string, string>();
  paths.forEach((path, i) => {
    const other = first.get(path);
    if (other !== undefined) {
      throw new InputError(`${other} and ${files[i]} would both be written to ${path}. Rename one, or run them apart.`);
    }
    first.set(path, files[i]!);
  });
}

function attempt<T>(path: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw new InputError(`${path}: ${systemProblem(error, 'write')}`);
  }
}
