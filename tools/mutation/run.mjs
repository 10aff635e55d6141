// `npm run mutation [-- TARGET ...]`: does every change to the core files make a spec fail? Ten minutes per target, on one CPU.
//   --file NAME      only this file of the target, e.g. eevdf; may be given several times
//   --fresh          run all; otherwise results are kept of mutants whose killer, by its title, is still there, and of
//                    survivors that no new test reaches: what changed inside of a test is not seen
//   --concurrency N  processes that run specs, default 1
//   --report         no run: the scores and survivors of the last one
//   --update         write survivors.md anew, from the last run of each target and the reasons in survivors.json; targets
//                    that were not run here stay as they were
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { ROOT } from '../steps.mjs';
import { configOf, resultsOf, THRESHOLD } from './config.mjs';
import { scoreTable, tell, totalOf } from './report.mjs';
import { survivorsOf, updateList } from './survivors.mjs';
import { TARGETS } from './targets.mjs';

const options = readOptions();
for (const target of options.report ? [] : options.targets) await mutate(target);
if (options.update) await updateList();
const ran = options.targets.filter((target) => existsSync(resultsOf(target)));
console.log(scoreTable(ran));
tell(ran.flatMap(survivorsOf));
const low = ran.filter((target) => totalOf(target).score < THRESHOLD);
low.forEach((target) =>
  console.error(`${target}: below ${THRESHOLD} %: its survivors need specs, each a rule of the kernel`),
);
process.exitCode = low.length > 0 || ran.length < options.targets.length ? 1 : 0;

async function mutate(target) {
  mkdirSync(dirname(resultsOf(target)), { recursive: true });
  process.env.MUTATION_TARGET = target;
  process.chdir(join(ROOT, 'packages', TARGETS[target].pkg));
  await new Stryker(configOf(target, options)).runMutationTest();
  process.exitCode = 0; // Stryker's verdict on this run; ours, on all, comes at the end
}

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        file: { type: 'string', multiple: true, default: [] },
        fresh: { type: 'boolean', default: false },
        concurrency: { type: 'string', default: '1' },
        report: { type: 'boolean', default: false },
        update: { type: 'boolean', default: false },
      },
    });
    const known = Object.keys(TARGETS);
    const targets = positionals.length > 0 ? positionals : known;
    const stranger = targets.find((target) => !known.includes(target));
    if (stranger !== undefined) throw new Error(`${stranger}: not one of ${known.join(', ')}`);
    if (values.file.length > 0 && positionals.length !== 1)
      throw new Error('--file needs the one target that it is in');
    const files = values.file.map((file) => file.replace(/\.ts$/, ''));
    const odd = files.find((file) => !TARGETS[targets[0]].files.includes(file));
    if (odd !== undefined) throw new Error(`--file ${odd}: not one of ${TARGETS[targets[0]].files.join(', ')}`);
    const concurrency = Number(values.concurrency);
    if (!Number.isSafeInteger(concurrency) || concurrency < 1)
      throw new Error(`--concurrency ${values.concurrency}: not a number from 1 on`);
    return { ...values, targets, files, concurrency };
  } catch (error) {
    console.error(error.message);
    return process.exit(2);
  }
}
