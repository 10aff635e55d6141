// The growth curves as one picture, legible on light and on dark.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { CURVES } from './loads/growth.mjs';

const WIDTH = 300;
const HEIGHT = 220;

/** Colours of the documentation; an SVG has its own background, since the page may be of the other kind. */
const STYLE = `
.growth { color: #17212b; background: #ffffff; --line: #0a5c9e; font: 12px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .growth { color: #e3e8ed; background: #151b21; --line: #7cc0f2; } }`;

/** @param {{curve: string, n: number, ns: number, megabytes: number}[]} points @returns {string} an SVG file */
export function drawGrowth(points) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const pictures = Object.entries(CURVES).flatMap(([curve, { label, unit }], column) => {
    const data = points.filter((point) => point.curve === curve);
    const x = { type: 'log', base: curve === 'cpus' ? 2 : 10, label, ticks: data.map(({ n }) => n), tickFormat: short };
    return [
      place(plot(document, data, x, 'ns', { label: `ns a ${unit}`, zero: true, nice: true }), column, 0),
      place(plot(document, data, x, 'megabytes', { label: 'MB of heap', zero: true, nice: true }), column, 1),
    ];
  });
  const size = `width="${3 * WIDTH}" height="${2 * HEIGHT}" viewBox="0 0 ${3 * WIDTH} ${2 * HEIGHT}"`;
  const title = 'Time and memory by number of tasks, of CPUs and of events';
  return `<svg xmlns="http://www.w3.org/2000/svg" class="growth" role="img" ${size}>
<title>${title}</title>
<style>${STYLE}</style>
${pictures.join('\n')}
</svg>
`;
}

function plot(document, data, x, y, axis) {
  return Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 50,
    marginRight: 24,
    x: { ...x, labelAnchor: 'center' },
    y: { ...axis, grid: true, ticks: 5 },
    marks: [
      Plot.lineY(data, { x: 'n', y, stroke: 'var(--line)', strokeWidth: 2 }),
      Plot.dot(data, { x: 'n', y, fill: 'var(--line)', r: 3 }),
    ],
  });
}

/** Plot's own style is for pages: it sets a background and is the same in every picture. */
function place(svg, column, row) {
  for (const style of svg.querySelectorAll('style')) style.remove();
  svg.setAttribute('x', String(column * WIDTH));
  svg.setAttribute('y', String(row * HEIGHT));
  svg.setAttribute('text-anchor', 'middle');
  return svg.outerHTML;
}

function short(n) {
  if (n >= 1e6) return `${n / 1e6}M`;
  return n >= 1000 ? `${n / 1000}k` : String(n);
}
