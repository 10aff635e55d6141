// A project of somebody who never saw this repository: an empty directory, a package.json, npm install.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../steps.mjs';
import { npm, readJson } from './pack.mjs';

/** The packed packages that `names` need, themselves included. @param {import('./pack.mjs').Packed[]} packed */
export function closure(packed, names) {
  const all = new Map(packed.map((pkg) => [pkg.name, pkg]));
  const found = new Set();
  const visit = (name) => {
    if (found.has(name) || !all.has(name)) return;
    found.add(name);
    Object.keys(all.get(name).manifest.dependencies ?? {}).forEach(visit);
  };
  names.forEach(visit);
  return [...found].map((name) => all.get(name));
}

/**
 * Makes a project and installs in it the packages that it wants and what they need, and nothing else.
 * @param wanted names of our packages @param others dependencies of the project's own: name to version
 */
export async function install(packed, dir, wanted, others = {}) {
  mkdirSync(dir, { recursive: true });
  const ours = closure(packed, wanted);
  const files = Object.fromEntries(ours.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const manifest = { name: 'stranger', private: true, type: 'module', dependencies: { ...files, ...others } };
  writeFileSync(join(dir, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(join(dir, 'package-lock.json'), JSON.stringify(lockOf(manifest, ours), null, 2));
  // What this repository has installed is in npm's cache, so that no registry is asked.
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], dir);
  const there = readdirSync(join(dir, 'node_modules', '@kernel-model')).map((name) => `@kernel-model/${name}`);
  const unexpected = there.filter((name) => !ours.some((pkg) => pkg.name === name));
  if (unexpected.length > 0) throw new Error(`${dir}: ${unexpected.join(', ')} came along`);
  for (const { name } of ours) {
    if (!existsSync(join(dir, 'node_modules', name, 'package.json'))) throw new Error(`${dir}: ${name} is missing`);
  }
}

/**
 * The part of the repository's lock file that a project needs for what is not ours: npm then neither asks a registry for
 * versions nor reads about packages that it would drop.
 */
function lockOf(manifest, ours) {
  const { packages } = readJson(join(ROOT, 'package-lock.json'));
  const kept = {};
  const visit = (from, names) => {
    for (const name of names) {
      const path = resolve(packages, from, name);
      if (path === null || kept[path] !== undefined || name.startsWith('@kernel-model/')) continue;
      const { dev: _dev, devOptional: _devOptional, peer: _peer, ...entry } = packages[path];
      kept[path] = entry;
      visit(path, dependencyNames(entry));
    }
  };
  visit('', Object.keys(manifest.dependencies));
  for (const { dir, manifest: own } of ours) visit(dir, dependencyNames(own));
  return { name: manifest.name, lockfileVersion: 3, requires: true, packages: { '': manifest, ...kept } };
}

function dependencyNames({ dependencies, optionalDependencies, peerDependencies }) {
  return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
}

/** Where the package at `from` finds `name`: in its own node_modules, or in one above. @returns null if nowhere */
function resolve(packages, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (at === '') return null;
    if (!at.includes('/node_modules/')) at = '';
  }
}
