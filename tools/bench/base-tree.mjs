// Another revision of the repository, built in a folder of its own.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT, binOf, capture } from '../steps.mjs';

/** The packages that the loads import; their references build the rest. */
const BUILT = ['explore', 'kthread-worker', 'machine', 'workqueue'];

/** @returns the commit that a name stands for @throws if there is none */
export function commitOf(revision) {
  try {
    return git(['rev-parse', '--verify', '--quiet', `${revision}^{commit}`], ROOT);
  } catch {
    throw new Error(`There is no revision "${revision}" here. In a shallow clone, fetch it first.`);
  }
}

/** Does the checkout differ from the commit in what the packages are built from? */
export function differsFrom(commit) {
  const paths = ['packages', 'package-lock.json'];
  const changed = git(['diff', '--name-only', commit, '--', ...paths], ROOT);
  return changed !== '' || git(['ls-files', '--others', '--exclude-standard', '--', ...paths], ROOT) !== '';
}

/**
 * Check a commit out and build its packages, with the loads of this checkout beside them.
 * @returns {Promise<{root: string, remove: () => void}>}
 */
export async function baseTree(commit, progress) {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-model-base-'));
  const root = join(folder, 'tree');
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    git(['worktree', 'prune'], ROOT);
  };
  try {
    progress(`checking out ${commit.slice(0, 10)}`);
    git(['worktree', 'add', '--quiet', '--detach', root, commit], ROOT);
    await install(root, progress);
    progress(`building ${commit.slice(0, 10)}`);
    const projects = BUILT.map((name) => join(root, 'packages', name, 'tsconfig.lib.json'));
    await must(capture([binOf('typescript', 'tsc'), '--build', ...projects]), 'does not build');
    rmSync(join(root, 'tools/bench'), { recursive: true, force: true });
    cpSync(join(ROOT, 'tools/bench'), join(root, 'tools/bench'), { recursive: true });
    return { root, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The dependencies of this checkout, where they are the same; the packages of the repository are the tree's own. */
async function install(root, progress) {
  if (
    git(['diff', '--name-only', '--no-index', '--', 'package-lock.json', join(root, 'package-lock.json')], ROOT, true)
  ) {
    progress('installing other dependencies');
    const install = capture(['ci', '--ignore-scripts', '--prefix', root], { command: 'npm' });
    return must(install, 'can not be installed');
  }
  const target = join(root, 'node_modules');
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === '@kernel-model' || name.startsWith('.')) continue;
    mkdirSync(target, { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(target, name));
  }
  const scope = join(target, '@kernel-model');
  mkdirSync(scope);
  for (const name of readdirSync(join(root, 'packages'))) {
    symlinkSync(relative(scope, join(root, 'packages', name)), join(scope, name));
  }
}

async function must(running, what) {
  const { status, output } = await running;
  if (status !== 0) throw new Error(`The base ${what}:\n${output.trimEnd()}`);
}

/** @param mayDiffer exit status 1 is an answer, not a failure */
function git(args, cwd, mayDiffer = false) {
  try {
    return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch (error) {
    if (mayDiffer && error.status === 1) return error.stdout.trim();
    throw error;
  }
}
