import { dirname, join, resolve } from 'node:path';
import { format } from 'node:util';
import * as jest from '@jest/globals';
import ts from 'typescript';
import { ROOT } from '../world.ts';

/** A program, compiled. */
export interface Program {
  /** What the compiler has against it, with lines of the block. */
  readonly problems: readonly string[];
  /** What {@link run} runs. */
  readonly code: string;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts'],
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  allowJs: true,
  noEmitOnError: false,
};

/** Compile programs as a user of the packages would. @param sources by the path of a file that need not exist */
export function compile(sources: ReadonlyMap<string, string>): Map<string, Program> {
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => sources.has(path) || fileExists.call(host, path);
  host.getSourceFile = (path, ...rest) => {
    const text = sources.get(path);
    return text === undefined ? getSourceFile.call(host, path, ...rest) : ts.createSourceFile(path, text, rest[0]);
  };
  const program = ts.createProgram([...sources.keys()], OPTIONS, host);
  const problemsOf = (path: string): string[] => {
    const source = program.getSourceFile(path)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText }) =>
        `${source.getLineAndCharacterOfPosition(start).line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  };
  return new Map(
    [...sources].map(([path, text]) => [path, { problems: problemsOf(path), code: ts.transpile(text, TO_RUN) }]),
  );
}

const TO_RUN: ts.CompilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.CommonJS };

/** What a program said. */
export interface Said {
  readonly output: string;
  /** Lines whose comment says what they print, with what they did print. */
  readonly promised: readonly { readonly promise: string; readonly printed: string }[];
}

/**
 * Run a program. `console.log(...); // text` promises to print that text: spaces count once, `...` stands for anything.
 * The tests of a spec are run as they come.
 * @param path of the document, where relative imports begin
 */
export async function run(path: string, { code }: Program): Promise<Said> {
  const printed: string[] = [];
  const promised: { promise: string; printed: string }[] = [];
  const log = (...values: unknown[]): void => void printed.push(format(...values));
  const promise = (text: string): void => void promised.push({ promise: text, printed: printed.at(-1) ?? '' });
  const prepared = code.replace(
    /^(\s*console\.log\(.*\);) *\/\/ (.+)$/gm,
    (_, call: string, text: string) => `${call} console.promise(${JSON.stringify(text)});`,
  );
  const modules = new Map<string, unknown>([['@jest/globals', { ...jest, test: atOnce, it: atOnce }]]);
  for (const [, name = ''] of prepared.matchAll(/require\("([^"]+)"\)/g)) {
    if (!modules.has(name)) modules.set(name, await import(name.startsWith('.') ? besides(path, name) : name));
  }
  const body = new Function('exports', 'require', 'console', prepared);
  body({}, (name: string) => modules.get(name), { log, error: log, promise });
  const output = printed
    .join('\n')
    .replace(/[ \t]+$/gm, '')
    .trimEnd();
  return { output: `${output}\n`, promised };
}

function besides(path: string, name: string): string {
  return resolve(dirname(join(ROOT, path)), name);
}

function atOnce(_title: string, body: () => void): void {
  body();
}

/** Whether what was printed is what was promised. */
export function keeps(promise: string, printed: string): boolean {
  const words = (text: string): string => text.trim().replace(/\s+/g, ' ');
  const parts = words(promise)
    .split('...')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(words(printed));
}
