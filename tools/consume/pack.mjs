// Packs every package that is published, as `npm publish` would.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../steps.mjs';

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} dir the package in the repository
 * @property {string} tarball
 * @property {string} unpacked a directory with what is in the tarball
 * @property {string[]} files paths in it
 * @property {object} manifest its package.json
 * @property {number} size of the tarball, in bytes
 * @property {number} unpackedSize in bytes
 */

/** Directories of all packages that are published. */
export function published() {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(ROOT, group)).map((name) => join(group, name)))
    .filter((dir) => readJson(join(ROOT, dir, 'package.json')).private !== true);
}

/** @param {string} into a directory @returns {Promise<Packed[]>} */
export async function packAll(into) {
  mkdirSync(into, { recursive: true });
  const dirs = published();
  for (const dir of dirs) dropLeftovers(join(ROOT, dir));
  const args = ['pack', '--json', '--pack-destination', into, ...dirs.flatMap((dir) => ['-w', dir])];
  const packed = JSON.parse(await npm(args, ROOT));
  return packed.map((entry) => {
    const dir = dirs.find((it) => readJson(join(ROOT, it, 'package.json')).name === entry.name);
    const tarball = join(into, entry.filename);
    const unpacked = join(into, entry.filename.replace(/\.tgz$/, ''));
    mkdirSync(unpacked);
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
    return {
      name: entry.name,
      dir,
      tarball,
      unpacked,
      files: entry.files.map(({ path }) => path),
      manifest: readJson(join(unpacked, 'package.json')),
      size: entry.size,
      unpackedSize: entry.unpackedSize,
    };
  });
}

/** The compiler leaves what it once made of a source that is gone. */
function dropLeftovers(dir) {
  for (const path of readdirSync(join(dir, 'dist'), { recursive: true })) {
    const stem = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(path)?.[1];
    if (stem !== undefined && !existsSync(join(dir, 'src', `${stem}.ts`))) rmSync(join(dir, 'dist', path));
  }
}

/** Runs npm, the one that runs this script if there is one. */
export function npm(args, cwd) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js') ? run(process.execPath, [cli, ...args], cwd) : run('npm', args, cwd);
}

/** Runs a command as a stranger's shell does. @returns what it printed @throws with all that it printed */
export async function run(command, args, cwd) {
  // What npm passes on to its scripts would bind the command to this workspace.
  const own = ([key]) => !/^npm_(config|package)_/i.test(key) && key !== 'NODE_OPTIONS';
  const env = Object.fromEntries(Object.entries(process.env).filter(own));
  try {
    return (await promisify(execFile)(command, args, { cwd, env, maxBuffer: 1 << 28 })).stdout;
  } catch (error) {
    throw new Error(`${[command, ...args].join(' ')} failed in ${cwd}:\n${error.stdout}${error.stderr}`);
  }
}

export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
