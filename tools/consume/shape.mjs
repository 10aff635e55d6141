// What must be true of a packed package before anybody installs it.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { ROOT } from '../steps.mjs';

const ALLOWED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/[\w-]+\.js|src\/[\w/.-]+\.(ts|json)|dist\/[\w/.-]+\.(js|d\.ts)(\.map)?|dist\/[\w/.-]+\.json)$/;
/** ESM only: Node 20.19 and later can require() it, TypeScript's node10 resolution is gone from TypeScript 7. */
const IGNORED_RESOLUTIONS = ['node10', 'node16-cjs'];

/** @param {import('./pack.mjs').Packed} pkg @returns {Promise<string[]>} what is wrong */
export async function checkShape(pkg) {
  return [
    ...manifest(pkg),
    ...pkg.files
      .filter((file) => !ALLOWED.test(file) || /\.spec\./.test(file))
      .map((file) => `${file} is a stray file`),
    ...imports(pkg),
    ...pkg.files.flatMap((file) => sourcesOf(pkg, file)),
    ...pkg.files.filter((file) => /^dist\/.*(?<!\.d)\.js$/.test(file)).flatMap((file) => sourceOf(pkg, file)),
    ...(await lint(pkg)),
    ...(await types(pkg)),
  ].map((problem) => `${pkg.name}: ${problem}`);
}

function manifest({ manifest: m, files, unpacked }) {
  const problems = [];
  const expected = readFileSync(join(ROOT, 'LICENSE'), 'utf8');
  const wrong = (bad, text) => bad && problems.push(text);
  wrong(m.type !== 'module', '"type" is not "module"');
  wrong(m.license !== 'MIT', '"license" is not "MIT"');
  wrong(!m.description, 'no "description"');
  wrong(m.engines?.node !== '>=20.19.0', '"engines" do not say which Node it needs');
  wrong(m.sideEffects === undefined, 'no "sideEffects": bundlers keep all of it');
  wrong(m.scripts !== undefined, 'has scripts, which run where it is installed');
  for (const file of ['README.md', 'LICENSE']) wrong(!files.includes(file), `no ${file}`);
  wrong(readFileSync(join(unpacked, 'LICENSE'), 'utf8') !== expected, "LICENSE is not the repository's");
  for (const [name, target] of Object.entries(m.exports ?? {})) {
    for (const path of typeof target === 'string' ? [target] : Object.values(target)) {
      wrong(!files.includes(normalize(path)), `exports["${name}"] leads to ${path}, which is not packed`);
    }
    if (typeof target === 'object') wrong(target.types === undefined, `exports["${name}"] has no types`);
  }
  wrong(m.exports?.['.'] === undefined, 'no exports["."]');
  for (const path of Object.values(m.bin ?? {})) wrong(!files.includes(normalize(path)), `${path} is not packed`);
  return problems;
}

/** What the compiled files and their declarations import is declared, and what is declared is imported. */
function imports({ files, unpacked, manifest: m }) {
  const imported = new Set();
  for (const file of files.filter((path) => /^(dist|bin)\/.*\.(js|d\.ts)$/.test(path))) {
    const text = readFileSync(join(unpacked, file), 'utf8').replace(/^\s*\/?\*.*$/gm, '');
    for (const [, name] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"]((?:@[\w-]+\/)?[\w-]+)[^'"\n]*['"]/g)) {
      if (name !== 'node' && name !== m.name) imported.add(name);
    }
  }
  const declared = new Set(Object.keys({ ...m.dependencies, ...m.peerDependencies }));
  return [
    ...[...imported].filter((name) => !declared.has(name)).map((name) => `imports ${name}, which it does not declare`),
    ...[...declared].filter((name) => !imported.has(name)).map((name) => `declares ${name}, which it does not import`),
  ];
}

/** The sources that a source map names are in the package. */
function sourcesOf({ unpacked }, file) {
  if (!file.endsWith('.map')) return [];
  const { sources, sourceRoot } = JSON.parse(readFileSync(join(unpacked, file), 'utf8'));
  return sources
    .map((source) => join(dirname(file), sourceRoot ?? '', source))
    .filter((path) => !existsSync(join(unpacked, path)))
    .map((path) => `${file} leads to ${path}, which is not packed`);
}

/** A compiled file has its source map, its types, and a source: one without is left from an earlier build. */
function sourceOf({ files }, file) {
  const stem = file.slice('dist/'.length, -'.js'.length);
  const wanted = [`dist/${stem}.js.map`, `dist/${stem}.d.ts`, `dist/${stem}.d.ts.map`, `src/${stem}.ts`];
  return wanted.filter((path) => !files.includes(path)).map((path) => `${file} is packed without ${path}`);
}

async function lint({ unpacked, manifest: m }) {
  const { messages } = await publint({ pkgDir: unpacked, pack: false, strict: true, level: 'warning' });
  return messages.map((message) => `publint: ${formatMessage(message, m, { color: false })}`);
}

async function types({ tarball, manifest: m }) {
  const data = createPackageFromTarballData(new Uint8Array(readFileSync(tarball)));
  const code = Object.keys(m.exports).filter((name) => !name.endsWith('.json'));
  const { types: typed, problems } = await checkPackage(data, { entrypoints: code });
  if (typed === false) return ['attw: has no types'];
  return problems
    .filter(({ resolutionKind }) => !IGNORED_RESOLUTIONS.includes(resolutionKind))
    .map(({ kind, ...where }) => `attw: ${kind} ${JSON.stringify(where)}`);
}
