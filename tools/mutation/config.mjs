import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../steps.mjs';
import { TARGETS } from './targets.mjs';

/** Share of the mutants that have to be noticed, in percent. */
export const THRESHOLD = 80;

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Where the results of a target are. */
export const resultsOf = (target) => join(ROOT, 'coverage/mutation', `${target}.json`);

/** Options of Stryker, which runs in the directory of the package. */
export function configOf(target, { files, concurrency, fresh }) {
  return {
    mutate: (files.length > 0 ? files : TARGETS[target].files).map((file) => `src/${file}.ts`),
    // Texts and the names under which visible points are reported.
    mutator: { excludedMutations: ['StringLiteral'] },
    ignorers: ['kernel-model'],
    plugins: ['@stryker-mutator/mocha-runner', here('ignore.mjs')],
    testRunner: 'mocha',
    mochaOptions: { spec: [here('specs.mjs')], 'no-config': true, 'no-package': true },
    coverageAnalysis: 'perTest',
    // No state lives in modules: what specs run while they are loaded is no reason to load them again for each mutant.
    ignoreStatic: true,
    disableTypeChecks: false,
    symlinkNodeModules: false,
    ignorePatterns: ['dist', 'out-tsc'],
    concurrency,
    timeoutMS: 120_000,
    incremental: true,
    incrementalFile: resultsOf(target),
    force: fresh,
    reporters: [process.stdout.isTTY ? 'progress' : 'progress-append-only'],
    thresholds: { high: 90, low: THRESHOLD, break: THRESHOLD },
    cleanTempDir: 'always',
    logLevel: 'error',
    allowEmpty: false,
  };
}
