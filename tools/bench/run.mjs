// `npm run bench`: one table of what the model costs, beside what others cost in the same run; `-- --help` for the rest.
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ROOT } from '../steps.mjs';

const program = new Command('npm run bench --')
  .description('Measures the model and its peers, and holds both against each other.')
  .argument('[case...]', 'only the cases with one of these in their name, and those they are compared with')
  .option('--rounds <n>', 'how often each case runs; the median counts (default 5; with --check 12)', atLeast(1))
  .option('--quick', 'a tenth of the work, one round: to see that it runs', false)
  .option('--json <file>', 'write the results there as well')
  .option('--write', 'put the table into docs/benchmarks.md', false)
  .option('--list', 'print the names of the cases', false)
  .option(
    '--growth',
    'measure how costs grow with tasks, CPUs and events, and draw the chart of docs/benchmarks.md',
    false,
  )
  .option('--check [base]', 'is this checkout slower than that revision (default main)?')
  .option('--limit <ratio>', 'with --check: how much slower is too slow (default 1.1)', atLeast(1))
  .addHelpText('after', HELP())
  .configureHelp({ helpWidth: 110 })
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

try {
  await program.action(main).parseAsync();
} catch (error) {
  progress('');
  console.error(error.message);
  process.exitCode = 1;
}

async function main(parts, options) {
  if (!existsSync(join(ROOT, 'packages/machine/dist/index.js'))) {
    throw usage('The packages are not built yet. Run: npm run build');
  }
  if (options.growth) return (await import('./growth.mjs')).growth({ rounds: options.rounds ?? 3, progress });
  const { select } = await import('./rounds.mjs');
  const groups = select(parts);
  if (groups.length === 0)
    throw usage(`No case has ${parts.map((p) => `"${p}"`).join(' or ')} in its name; see --list.`);
  if (options.list) return console.log(groups.flatMap(({ names }) => names).join('\n'));
  if (options.check !== undefined) return check(groups, options);
  return table(groups, options);
}

async function table(groups, { quick, rounds = quick ? 1 : 5, json, write }) {
  const { measureGroups } = await import('./rounds.mjs');
  const { markdownTable, textTable } = await import('./table.mjs');
  const scale = quick ? 0.1 : 1;
  const results = await measureGroups(groups, { rounds, scale, progress });
  const run = { node: process.version, cpu: cpus()[0]?.model.trim() ?? 'unknown', cpus: cpus().length, rounds, scale };
  const work = scale === 1 ? '' : `, ${scale} of the work`;
  const head = `Node ${run.node}, ${run.cpus} x ${run.cpu}, median of ${rounds} round${rounds === 1 ? '' : 's'}${work}`;
  console.log(head);
  console.log(`CPU time of the thread; x first: times the first row of the group, round by round\n`);
  console.log(textTable(results));
  if (results.some((group) => group.results.some(({ missing }) => missing?.startsWith('failed')))) process.exitCode = 1;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...run, groups: results }, null, 2)}\n`);
  if (write) await (await import('./page.mjs')).writeSection('table', `${head}\n\n${markdownTable(results)}`);
}

async function check(groups, { check: base, quick, rounds = 12, limit = 1.1, json }) {
  const { compare } = await import('./check.mjs');
  const names = groups.flatMap((group) => group.names.filter((name) => !group.cases[name].peer));
  const options = { base: base === true ? 'main' : base, rounds, limit, scale: quick ? 0.1 : 0.3, progress };
  const { status, report, results } = await compare(names, options);
  console.log(report);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  process.exitCode = status;
}

function atLeast(least) {
  return (text) => {
    const value = Number(text);
    if (!(value >= least)) throw new InvalidArgumentError(`A number from ${least} on is needed.`);
    return value;
  };
}

/** The user's mistake. */
function usage(message) {
  program.error(message);
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

function HELP() {
  return `
Examples:
  npm run bench                                everything: about 8 minutes
  npm run bench -- ping-pong --rounds 9        what has "ping-pong" in its name
  npm run bench -- --growth                    writes docs/benchmarks/growth.json and its chart
  npm run bench -- --check                     this checkout against main, in pairs
  npm run bench -- --check v0.1.0 "work item"  some cases against a tag

Exit status: 0, or 1 if --check found a case that is slower than the limit with 95 % confidence, or a case
failed; 2 for a wrong command line.`;
}
