// `npm run bench -- --growth`: measures the growth curves, and shows them in the documentation.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../steps.mjs';
import { drawGrowth } from './chart.mjs';
import { CURVES } from './loads/growth.mjs';
import { writeSection } from './page.mjs';
import { inRounds, output } from './rounds.mjs';
import { median } from './statistics.mjs';
import { show } from './table.mjs';

const POINT = fileURLToPath(new URL('growth-point.mjs', import.meta.url));
const FOLDER = join(ROOT, 'docs/benchmarks');

/** Measure, and write docs/benchmarks/growth.json, growth.svg and the table of docs/benchmarks.md. */
export async function growth({ rounds, progress }) {
  const points = Object.entries(CURVES).flatMap(([curve, { values }]) => values.map((n) => ({ curve, n, runs: [] })));
  const tasks = points.map(({ curve, n, runs }) => ({
    name: `${n.toLocaleString('en')} ${curve}`,
    async run() {
      runs.push(JSON.parse(await output(['--expose-gc', POINT, curve, String(n)])));
    },
  }));
  await inRounds(tasks, rounds, progress);
  const data = {
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    rounds,
    points: points.map(({ curve, n, runs }) => ({
      curve,
      n,
      ns: Math.round(median(runs.map(({ ns }) => ns))),
      megabytes: Number(median(runs.map(({ megabytes }) => megabytes)).toFixed(2)),
    })),
  };
  writeFileSync(join(FOLDER, 'growth.json'), `${JSON.stringify(data, null, 2)}\n`);
  writeFileSync(join(FOLDER, 'growth.svg'), drawGrowth(data.points));
  await writeSection('growth', growthTable(data));
  console.log(growthTable(data));
}

/** @param data of growth.json */
function growthTable({ node, cpu, rounds, points }) {
  const rows = points.map(({ curve, n, ns, megabytes }) => {
    const { label, unit } = CURVES[curve];
    return `| ${label}: ${n.toLocaleString('en')} | ${show(ns)} ns/${unit} | ${show(megabytes)} MB |`;
  });
  const head = `Node ${node}, ${cpu}, median of ${rounds} round${rounds === 1 ? '' : 's'}:`;
  return [head, '', '| | time | heap |', '| --- | ---: | ---: |', ...rows].join('\n');
}
