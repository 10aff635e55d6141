import { build } from 'vite';

/** The page gets what it knows of the lessons as a value, made when the site is built: their code needs the whole model. */
export function lessonCards(resolve) {
  return {
    name: 'lesson-cards',
    load: {
      filter: { id: /\/learn\/cards\.ts$/ },
      async handler(id) {
        const { output } = await build({
          configFile: false,
          logLevel: 'warn',
          resolve,
          ssr: { noExternal: true },
          build: { ssr: id, write: false, minify: false },
        });
        const { CARDS } = await import(`data:text/javascript,${encodeURIComponent(output[0].code)}`);
        return { code: `export const CARDS = ${JSON.stringify(CARDS)};`, map: null, moduleType: 'js' };
      },
    },
  };
}
