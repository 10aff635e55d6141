import { transform } from 'sucrase';
import { ProgramProblems } from '../engine/client.ts';

/**
 * TypeScript to the JavaScript that the sandbox runs: types are taken out, not checked. The editor shows what the compiler
 * has against it, and it can be run all the same.
 * @returns a CommonJS module
 * @throws ProgramProblems if it cannot be read
 */
export function compileDaemon(text: string): string {
  try {
    return transform(text, { transforms: ['typescript', 'imports'], disableESTransforms: true }).code;
  } catch (error) {
    const { message, loc } = error as Error & { readonly loc?: { readonly line: number; readonly column: number } };
    const { line = 1, column = 1 } = loc ?? {};
    throw new ProgramProblems([
      { where: 'daemon', line, column, message: message.replace(/^Error transforming [^:]*: /, '') },
    ]);
  }
}
