// `npm start`: the main job. Runs a choice of scenarios that a real Linux 6.12 ran, says how the model compares with it,
// and shows one of them. Needs what tools/setup.mjs builds.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import pc from 'picocolors';
import { compareTraces, renderTimeline } from '@kernel-model/analysis';
import { DEFAULT_EVENTS, runScenario, search } from '@kernel-model/cli';
import { parseScenario } from '@kernel-model/scenario';
import { readTrace } from '@kernel-model/trace';
import { ROOT } from './steps.mjs';

const ORACLE = join(ROOT, 'packages/scenario/oracle');
const SHOWN = 'sched-fair-nice';
const CHOICE = [
  'kthread-run-stop',
  'kthread-park-unpark',
  'completion-order',
  'mutex-handover',
  'wait-event-wakeup',
  SHOWN,
  'sched-fifo-over-fair',
  'wq-max-active-1',
];
const WIDTH = Math.min(process.stdout.columns ?? 100, 120);

const colours = pc.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);
const judged = JSON.parse(readFileSync(join(ORACLE, 'judged.json'), 'utf8'));

console.log('kernel-model: the kernel threads of Linux 6.12, as an executable model.\n');
const rows = CHOICE.map(run);
console.log(`${CHOICE.length} scenarios, run on the model and compared with what a real Linux 6.12 did:\n`);
printTable([['scenario', 'took', 'events', 'compared', 'with Linux'], ...rows.map(({ cells }) => cells)]);
console.log(`\n${SHOWN}, on the model (${file(SHOWN)}):\n`);
console.log(picture(rows.find(({ name }) => name === SHOWN).trace));
console.log('Every interleaving of two threads, instead of one run:\n');
['lost-wakeup', 'no-lost-wakeup'].forEach(explored);
const shown = `npx kmodel run ${file('wq-max-active-1')} --trace -`;
console.log(`
Where to go next:
  ${shown}
      the trace of a run, as Linux prints it
  npx kmodel explore examples/lost-wakeup.yaml
      the schedule that hangs, step by step
  npm test -- conformance
      all the scenarios that a real Linux ran
  examples/ and README.md
      small scenarios to start from; what there is, and how faithful it is`);

function explored(name) {
  const path = join(ROOT, 'examples', `${name}.yaml`);
  const { executions, failures } = search(parseScenario(readFileSync(path), path), {});
  const [failure] = failures;
  const what =
    failure === undefined ? colours.green('all of them end well') : colours.red(`${failure.kind}: ${failure.message}`);
  console.log(`  ${name}.yaml, ${executions} executions: ${what}`);
}

function run(name) {
  const path = join(ORACLE, 'scenarios', `${name}.yaml`);
  const ran = runScenario(parseScenario(readFileSync(path), path), { events: DEFAULT_EVENTS });
  const real = gunzipSync(readFileSync(join(ORACLE, 'traces', `${name}.trace.gz`))).toString();
  const { kinds, bad, same } = compareTraces(real, ran.trace, judged[name]);
  const verdict = same ? 'same' : `differs: ${bad.join(', ')}`;
  return {
    name,
    trace: ran.trace,
    cells: [name, `${(ran.tookNs / 1e6).toFixed(1)} ms`, String(ran.events), kinds.join(' '), verdict],
  };
}

function printTable(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  lines.forEach((line, row) => {
    const cells = line.map((cell, i) => (i === 1 || i === 2 ? cell.padStart(widths[i]) : cell.padEnd(widths[i])));
    if (row === 0) return console.log(`  ${colours.dim(cells.join('  '))}`);
    cells[4] = line[4] === 'same' ? colours.green(cells[4]) : colours.red(cells[4]);
    console.log(`  ${cells.join('  ')}`);
  });
}

function picture(trace) {
  const { events } = readTrace(trace);
  return renderTimeline(events, { width: WIDTH - 20, paint });
}

function paint(text, part) {
  if (part === 'axis' || part === 'legend' || part === 'idle' || part === 'sleeping') return colours.dim(text);
  if (part === 'running') return colours.green(text);
  if (part === 'runnable') return colours.yellow(text);
  return part === 'task' ? colours.cyan(text) : text;
}

function file(name) {
  return relative(process.cwd(), join(ORACLE, 'scenarios', `${name}.yaml`));
}
