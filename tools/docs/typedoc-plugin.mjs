// What TypeDoc lacks for our site: documents named by their heading, the header of the playground, one theme with it.
import { Converter, JSX, PageEvent, RendererEvent } from 'typedoc';

/** Groups of the navigation by where a document comes from. */
const GROUPS = [
  [/(^|[\\/])docs[\\/](concepts[\\/])?[\w-]+\.md$/, 'Concepts'],
  [/./, 'Guides'],
];

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => name(document));
  app.renderer.hooks.on('head.end', () =>
    JSX.createElement('script', null, JSX.createElement(JSX.Raw, { html: THEME })),
  );
  app.renderer.hooks.on('body.begin', (context) => header(context));
  app.renderer.on(RendererEvent.BEGIN, () => plainNavigation(app.renderer.theme));
  app.renderer.on(PageEvent.BEGIN, ({ model, project }) => {
    if (model !== project && model.readme !== undefined) takeHeading(model.readme);
  });
  app.renderer.on(PageEvent.END, (page) => {
    page.contents &&= accessible(page.contents);
  });
}

/** The menu without an icon for each of its 1,600 entries: their groups say what they are, and browsers draw it sooner. */
function plainNavigation(theme) {
  const whole = theme.getNavigation.bind(theme);
  const plain = ({ text, path, class: className, children }) => ({
    text,
    path,
    class: className,
    children: children?.map(plain),
  });
  theme.getNavigation = (project) => whole(project).map(plain);
}

/** What screen readers go by: landmarks, levels of headings without gaps, no empty header in a table, nothing to click within what opens. */
function accessible(html) {
  let level = 0;
  return html
    .replace('<div class="col-content">', '<div class="col-content" role="main">')
    .replace('<div class="col-sidebar">', '<div class="col-sidebar" role="complementary">')
    .replaceAll('<th></th>', '<td></td>')
    .replace(/<table>[^]*?<\/table>/g, (table) => `<div class="table-box" tabindex="0">${table}</div>`)
    .replace(/<summary\b[^]*?<\/summary>/g, (summary) => summary.replace(/<a\b[^>]*tsd-anchor-icon[^]*?<\/a>/g, ''))
    .replace(/<h([1-6])\b/g, (tag, n) => {
      const fits = Math.min(Number(n), level + 1);
      level = fits;
      return fits === Number(n) ? tag : `${tag} aria-level="${fits}"`;
    });
}

/** A document is called what its first heading says; the heading itself would be there twice. */
function name(document) {
  document.name = takeHeading(document.content)?.replace(/`/g, '') ?? document.name;
  // GitHub keeps two hyphens in the anchor of a heading, TypeDoc makes them one
  for (const part of document.content) {
    if (part.kind === 'text') part.text = part.text.replace(/\]\((#[^)\s]*?)--+/g, ']($1-');
    else if (part.kind === 'relative-link' && part.targetAnchor)
      part.targetAnchor = part.targetAnchor.replace(/--+/g, '-');
  }
  const path = pathOf(document);
  document.frontmatter.group ??= GROUPS.find(([pattern]) => pattern.test(path))[1];
}

/** Cut the first heading off a text. @returns what it says; undefined if there is none */
function takeHeading([first]) {
  const match = first?.kind === 'text' ? /^\s*# (.*)\n/.exec(first.text) : null;
  if (match !== null) first.text = first.text.slice(match[0].length);
  return match?.[1];
}

function pathOf(document) {
  return document.project.files.getReflectionPath(document) ?? '';
}

/** The reader chose light or dark in the playground, or here. */
const THEME = `(() => {
  const kept = () => { try { return localStorage.getItem('kernel-model.theme'); } catch { return null; } };
  try { localStorage.setItem('tsd-theme', kept() ?? 'os'); } catch {}
  addEventListener('change', ({ target }) => {
    if (target.id !== 'tsd-theme') return;
    if (target.value === 'os') localStorage.removeItem('kernel-model.theme');
    else localStorage.setItem('kernel-model.theme', target.value);
  });
})();`;

/** The same header as on the other pages of the site, which stand one folder up. */
function header(context) {
  const up = context.relativeURL('index.html').replace(/index\.html(\?.*)?$/, '');
  const link = (href, text, current = false) =>
    JSX.createElement('a', current ? { href, 'aria-current': 'page' } : { href }, text);
  return JSX.createElement(
    'nav',
    { class: 'km-header', 'aria-label': 'kernel-model' },
    JSX.createElement('a', { class: 'km-wordmark', href: `${up}../index.html#/` }, 'kernel-model'),
    JSX.createElement(
      'div',
      { class: 'km-links' },
      link(`${up}../index.html#/`, 'Playground'),
      link(`${up}../index.html#/learn`, 'Learn'),
      link(`${up}index.html`, 'Docs', true),
    ),
  );
}
