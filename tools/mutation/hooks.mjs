// Runs the specs on Node's own module loader, as they are: TypeScript is compiled as it is loaded, packages import each
// other's sources, the package under mutation is the copy in the sandbox, and @jest/globals is jest-globals.mjs.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const JEST_GLOBALS = new URL('./jest-globals.mjs', import.meta.url).href;
let mutated = { name: '', sandbox: '' };

/** @param data name of the mutated package, and the URL of its directory, with a slash at its end */
export function initialize(data) {
  mutated = data;
}

export function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: JEST_GLOBALS, shortCircuit: true };
  if (specifier === mutated.name) return { url: new URL('src/index.ts', mutated.sandbox).href, shortCircuit: true };
  return next(specifier, { ...context, conditions: ['@kernel-model/source', ...context.conditions] });
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = await transform(await readFile(new URL(url), 'utf8'), {
    filename: fileURLToPath(url),
    swcrc: false,
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}
