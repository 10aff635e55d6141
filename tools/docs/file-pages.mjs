// Documents link to files of the repository. TypeDoc copies those into media/; here each becomes a page that a browser shows.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** Files that a browser shows by itself. */
const SHOWN = ['.html', '.svg', '.png', '.jpg', '.gif', '.webp'];

/** Turn `media/x.ts` into `media/x.ts.html`, and the links to it with it. @param {string} docs folder of the site */
export function makeFilePages(docs) {
  const media = join(docs, 'media');
  const files = list(media).filter((file) => !SHOWN.includes(extname(file)));
  if (files.length === 0) return 0;
  const shell = readFileSync(join(docs, 'index.html'), 'utf8');
  for (const file of files) writeFileSync(join(media, `${file}.html`), page(shell, file, read(media, file)));
  const known = new Set(files);
  for (const html of list(docs).filter((file) => file.endsWith('.html'))) {
    const text = read(docs, html);
    const fresh = text.replace(/href="((?:\.\.\/)*media\/)([^"#]+)(#[^"]*)?"/g, (link, folder, name, anchor = '') =>
      known.has(decodeURIComponent(name)) ? `href="${folder}${name}.html${anchor}"` : link,
    );
    if (fresh !== text) writeFileSync(join(docs, html), fresh);
  }
  return files.length;
}

/** The page around the text of the home page, with a file in its place. */
function page(shell, title, text) {
  const body = `<div class="tsd-page-title"><h1>${escape(title)}</h1></div><div class="tsd-panel tsd-typography"><pre><code>${escape(text)}</code></pre></div>`;
  return shell
    .replace(/data-base="\.\/"/, 'data-base="../"')
    .replace(/<title>.*?<\/title>/, `<title>${escape(title)} | kernel-model</title>`)
    .replace(
      /(<div class="col-content"[^>]*>)[^]*?(<div class="col-sidebar")/,
      (_, before, after) => `${before}${body}</div>${after}`,
    )
    .replace(/<div class="page-menu">[^]*?<div class="site-menu">/, '<div class="site-menu">')
    .replace(/(href|src)="(?!https?:|#|data:)(\.\/)?([^"]*)"/g, (_, name, _dot, target) => `${name}="../${target}"`);
}

function list(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function read(folder, file) {
  return readFileSync(join(folder, file), 'utf8');
}

function escape(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
