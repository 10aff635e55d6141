// `npm run fuzz [-- RUNS [SEED]]`: the properties with many more runs, 2,000 unless told otherwise, from a seed of the day.
// A failure shows the smallest scenario or input that it found; RUNS and SEED again lead to the same one.
import { binOf, show } from '../steps.mjs';

const [runs = '2000', seed = String(Math.floor(Date.now() / 86_400_000))] = process.argv.slice(2);
if (![runs, seed].every((text) => Number.isSafeInteger(Number(text)) && Number(text) > 0)) {
  console.error('npm run fuzz -- RUNS SEED: both are numbers from 1 on');
  process.exit(2);
}
console.log(`To do this again: npm run fuzz -- ${runs} ${seed}`);
process.exitCode = await show([binOf('jest'), '--config', 'tools/jest.all.mjs', 'tools/properties'], {
  NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
  FUZZ_RUNS: runs,
  FUZZ_SEED: seed,
});
