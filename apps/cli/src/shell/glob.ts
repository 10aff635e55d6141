import type { Shell } from './shell.ts';

/** Files and directories that match a pattern with `*` and `?`, in order, as the pattern begins: at the root or not. */
export function globFiles(shell: Shell, pattern: string): string[] {
  const root = pattern.startsWith('/') ? '/' : '';
  let found: string[] = [root];
  for (const part of pattern.split('/').filter((text) => text !== '')) {
    found = found.flatMap((dir) => children(shell, dir, part).map((name) => join(dir, name)));
  }
  return found;
}

const join = (dir: string, name: string): string => (dir === '' || dir.endsWith('/') ? dir + name : `${dir}/${name}`);

function children(shell: Shell, dir: string, part: string): string[] {
  if (part === '.' || part === '..') return [part];
  const names = shell.listDir(dir);
  if (typeof names === 'number') return [];
  const pattern = new RegExp(
    `^${part
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
  return names.filter((name) => pattern.test(name));
}
