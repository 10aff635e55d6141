import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** All packages have one version. */
const { version } = JSON.parse(
  readFileSync(new URL('../../../packages/daemons/package.json', import.meta.url), 'utf8'),
);
const FILES = fileURLToPath(new URL('files', import.meta.url));

/**
 * `npx nx g ./tools/generators/generators.json:daemon my-daemon`: a package with a daemon that runs, a test that passes
 * and a README.
 *
 * @param {{ exists(path: string): boolean, write(path: string, content: string): void }} tree
 * @param {{ name: string, directory?: string }} options
 */
export default function daemonGenerator(tree, { name, directory = 'packages' }) {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Error(`${name}: a daemon's name has small letters, digits and "-".`);
  const folder = `${directory.replace(/\/+$/, '')}/${name}`;
  if (tree.exists(folder)) throw new Error(`${folder} exists.`);
  for (const [path, content] of filesOf(name)) tree.write(`${folder}/${path}`, content);
  return () => console.log(`\nTest it:  npm test -- ${folder}\nRun it:   npx kmodel shell --daemon ./${folder}`);
}

/** @returns {[path: string, content: string][]} the files of a daemon's package */
export function filesOf(name) {
  const camelName = name.replace(/-+([a-z0-9])/g, (_, c) => c.toUpperCase());
  const fill = (text) =>
    text.replaceAll('__name__', name).replaceAll('__camelName__', camelName).replaceAll('__version__', version);
  const files = readdirSync(FILES, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((file) => {
      const path = file.slice(FILES.length + 1).replace(/\.template$/, '');
      return [fill(path), fill(readFileSync(file, 'utf8'))];
    });
}
