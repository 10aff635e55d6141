import type { ProcFiles } from '@kernel-model/procfs';

/** Files and directories that match a pattern with `*` and `?`, in order; only absolute ones exist. */
export function globFiles(files: ProcFiles, pattern: string): string[] {
  if (!pattern.startsWith('/')) return [];
  let found = [''];
  for (const part of pattern.slice(1).split('/')) {
    found = found.flatMap((dir) => children(files, dir, part).map((name) => `${dir}/${name}`));
  }
  return found;
}

function children(files: ProcFiles, dir: string, part: string): string[] {
  const names = files.list(dir === '' ? '/' : dir);
  if (typeof names === 'number') return [];
  const pattern = new RegExp(
    `^${part
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
  return names.filter((name) => pattern.test(name));
}
