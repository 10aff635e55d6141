import MarkdownIt from 'markdown-it';

/** Lessons are written in Markdown and served as HTML: it is made once, when the site is built. */
export function lessonTexts() {
  const markdown = new MarkdownIt({ html: false, linkify: false });
  // a table may be wider than a phone
  markdown.renderer.rules.table_open = () => '<div class="table-box" tabindex="0"><table>\n';
  markdown.renderer.rules.table_close = () => '</table></div>\n';
  return {
    name: 'lesson-texts',
    transform: {
      filter: { id: /\/learn\/lessons\/.*\.md$/ },
      handler(code) {
        return { code: `export default ${JSON.stringify(markdown.render(code))};`, map: null, moduleType: 'js' };
      },
    },
  };
}
