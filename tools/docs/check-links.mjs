// Every link of the built site leads somewhere: to a file, and if it names an anchor, to one that is there.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, normalize, relative, sep } from 'node:path';

/**
 * @param {string} site folder that a server serves
 * @param {(file: string) => boolean} assumed files that are made by somebody else and need not be there yet
 * @returns {{ links: number, dead: string[] }}
 */
export function checkLinks(site, assumed = () => false) {
  const pages = readdirSync(site, { recursive: true })
    .map(String)
    .filter((file) => extname(file) === '.html');
  const anchors = new Map();
  const dead = new Set();
  let links = 0;
  for (const page of pages) {
    for (const href of linksOf(readFileSync(join(site, page), 'utf8'))) {
      links++;
      const problem = problemOf(site, page, href, anchors, assumed);
      if (problem !== null) dead.add(`${page}: ${href}: ${problem}`);
    }
  }
  return { links, dead: [...dead].sort((a, b) => (a < b ? -1 : 1)) };
}

function problemOf(site, page, href, anchors, assumed) {
  if (/^(https?:|mailto:|data:|javascript:)/.test(href)) return null;
  const [path = '', anchor] = href.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), decodeURIComponent(path.replace(/\?.*/, ''))));
  if (file.startsWith('..')) return 'leaves the site';
  const target = join(site, file);
  if (!existsSync(target)) return assumed(file.split(sep).join('/')) ? null : 'there is no such file';
  if (statSync(target).isDirectory() && !existsSync(join(target, 'index.html'))) return 'is a folder without a page';
  // what begins with a slash is read by the page itself
  if (anchor === undefined || anchor === '' || anchor.startsWith('/') || extname(target) !== '.html') return null;
  let ids = anchors.get(target);
  if (ids === undefined) anchors.set(target, (ids = idsOf(readFileSync(target, 'utf8'))));
  return ids.has(decodeURIComponent(anchor)) ? null : `there is no #${anchor} on ${relative(site, target)}`;
}

function linksOf(html) {
  return [...html.matchAll(/<(?:a|link|script|img|use)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, href]) =>
    href.replaceAll('&amp;', '&'),
  );
}

function idsOf(html) {
  return new Set([...html.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => id));
}
