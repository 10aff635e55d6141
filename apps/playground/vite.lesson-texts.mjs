import MarkdownIt from 'markdown-it';

/** Lessons are written in Markdown and served as HTML: it is made once, when the site is built. */
export function lessonTexts() {
  const markdown = new MarkdownIt({ html: false, linkify: false });
  // a table may be wider than a phone
  markdown.renderer.rules.table_open = () => '<div class="table-box" tabindex="0"><table>\n';
  markdown.renderer.rules.table_close = () => '</table></div>\n';
  // so may a line of code
  const { fence } = markdown.renderer.rules;
  markdown.renderer.rules.fence = (...args) => fence(...args).replace('<pre>', '<pre tabindex="0">');
  // the corner of a table is no header
  const html = (text) => markdown.render(withoutComments(text)).replaceAll('<th></th>', '<td></td>');
  return {
    name: 'lesson-texts',
    transform: {
      filter: { id: /\/learn\/lessons\/.*\.md$/ },
      handler(code) {
        return { code: `export default ${JSON.stringify(html(code))};`, map: null, moduleType: 'js' };
      },
    },
  };
}

/** Comments are for tools that read the Markdown. */
function withoutComments(text) {
  return text.replace(/^<!--.*-->\n/gm, '');
}
