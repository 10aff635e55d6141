// The smallest useful program for each package: type-checked against what is published, run in Node, and as a bundle
// for browsers without anything of Node; and how much of the package a bundle takes along.
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import vm from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { install } from './install.mjs';
import { compile } from './strangers.mjs';

/** A bundle that only names one small export may have this many bytes; anything more is code that nobody asked for. */
const ONE_EXPORT_BYTES = 200;

/** No types but those of the language, and all declarations checked: ours, and rxjs's, which name one function. */
const STRICTEST = { skipLibCheck: false, types: [], lib: ['es2022'] };
const GLOBALS = 'declare function setTimeout(fn: () => void, ms?: number): number;\n';

/** @returns a table: gzip sizes in kB @throws if a use fails, or a bundle takes along what it does not use */
export async function useEach(packed, dir) {
  const libraries = packed.filter(({ manifest }) => manifest.bin === undefined);
  await install(
    packed,
    dir,
    libraries.map(({ name }) => name),
  );
  cpSync(join(import.meta.dirname, 'uses'), dir, { recursive: true });
  writeFileSync(join(dir, 'globals.d.ts'), GLOBALS);
  await compile(dir, ['*.ts'], { ...STRICTEST, module: 'esnext', moduleResolution: 'bundler' });
  await compile(dir, ['*.ts'], STRICTEST);
  const rows = [];
  for (const { name } of libraries) {
    const short = name.split('/')[1];
    const use = await bundle(dir, short, `export * from './out/${short}.js';`);
    check(short, 'in Node', await import(pathToFileURL(join(dir, 'out', `${short}.js`))));
    check(short, 'in a browser bundle', inBrowser(use));
    const all = await bundle(dir, `${short}-all`, `import * as all from '${name}';\nexport const keep = all;`);
    // A package without constants: what comes along when it is imported for nothing.
    const [one, value] = smallExport(await import(pathToFileURL(join(dir, 'node_modules', name, 'dist/index.js'))));
    const code = one === null ? `import '${name}';` : `export { ${one} } from '${name}';`;
    const single = await bundle(dir, `${short}-one`, code);
    if (single.length > ONE_EXPORT_BYTES) {
      const what = one === null ? 'nothing' : `${one} = ${value}`;
      throw new Error(`a bundle that uses ${what} of ${name} has ${single.length} bytes: importing it does something`);
    }
    rows.push([short, ...[use, all, single].map((code) => kB(code))]);
  }
  const unused = readdirSync(join(import.meta.dirname, 'uses')).filter(
    (file) => !rows.some(([name]) => file === `${name}.ts`),
  );
  if (unused.length > 0) throw new Error(`uses/${unused[0]}: there is no such package`);
  const head = ['gzip, with all it needs', 'minimal use', 'everything', 'one constant'];
  return [head, ...rows]
    .map((cells) => cells.map((cell, i) => (i === 0 ? cell.padEnd(24) : `${cell} `.padStart(14))).join(''))
    .join('\n');
}

async function bundle(root, name, code) {
  const entry = join(root, `${name}.entry.js`);
  writeFileSync(entry, code);
  const [{ output }] = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: { write: false, minify: true, lib: { entry, formats: ['iife'], name: 'use', fileName: name } },
  });
  return output[0].code;
}

/** Runs a bundle where there is nothing but the language: no process, no Buffer, no require. */
function inBrowser(code) {
  const context = vm.createContext({});
  vm.runInContext(`${code}\nglobalThis.json = JSON.stringify(use);`, context);
  return JSON.parse(context.json);
}

function check(name, where, { result, expected }) {
  if (isDeepStrictEqual(result, expected)) return;
  throw new Error(`uses/${name}.ts ${where}: ${JSON.stringify(result)}, expected ${JSON.stringify(expected)}`);
}

/** A constant of the package. @returns its name and value; nulls if there is none */
function smallExport(module) {
  return Object.entries(module).find(([, value]) => typeof value === 'number') ?? [null, null];
}

function kB(code) {
  return `${(gzipSync(code).length / 1000).toFixed(1)} kB`;
}
