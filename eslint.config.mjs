import { builtinModules } from 'node:module';
import nx from '@nx/eslint-plugin';
import jsonParser from 'jsonc-eslint-parser'; // comes with @nx/eslint-plugin
import tseslint from 'typescript-eslint';
import kernelModel from './tools/eslint/plugin.mjs';

/** The packages of each layer; imports point from a higher number to a lower one, never across or up. */
const LAYERS = {
  0: 'sim',
  1: 'trace',
  2: 'scheduler',
  3: 'mm, signals',
  4: 'kthread',
  5: 'kthread-worker, workqueue',
  7: 'machine',
  8: 'scenario, analysis, explore',
  9: 'runner, testkit',
};

const layerRules = Object.keys(LAYERS).map((layer) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: Array.from({ length: Number(layer) }, (_, lower) => `layer:${lower}`),
}));

/** Same input, same bytes: what could break it, with what to use instead. */
const DETERMINISM = [
  [':function[async=true]', 'The model is synchronous: write a generator (Step or MaySleep), no async function.'],
  ['AwaitExpression', 'The model is synchronous: no await.'],
  ['ForOfStatement[await=true]', 'The model is synchronous: no for await.'],
  ['ForInStatement', 'Key order is not an order of events: walk a list, or a sorted array.'],
  [
    'BinaryExpression[operator="**"]:not([left.type="Literal"]):not([left.name=/^[A-Z0-9_]+$/])',
    'Engines may round powers differently: multiply, or raise a constant integer.',
  ],
  [
    'CallExpression[callee.property.name=/^(sort|toSorted)$/][arguments.length=0]',
    'The default order compares strings: pass a comparator that never returns 0 for two different things.',
  ],
  [
    'MemberExpression[property.name=/^(localeCompare|toLocale\\w+)$/]',
    'Depends on the locale of the machine: compare with < and format by hand.',
  ],
  [
    ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind=/^(let|var)$/]',
    'State lives in the machine: two machines in one process share nothing.',
  ],
  [
    ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration > ' +
      'VariableDeclarator[init.type="NewExpression"][init.callee.name=/^(Map|Set|WeakMap|WeakSet|Array|\\w+Array|Subject)$/]' +
      ':not([id.typeAnnotation.typeAnnotation.typeName.name=/^Readonly/])',
    'State lives in the machine. A constant table is declared ReadonlyMap, ReadonlySet or readonly T[].',
  ],
  [
    'PropertyDefinition[static=true][readonly!=true]',
    'State lives in the machine: static fields are readonly constants.',
  ],
];

/** V8 makes such a function among its old objects, and with it all that it sees lives until a full garbage collection. */
const GARBAGE = [
  [
    'AssignmentExpression[left.type="MemberExpression"]:matches([right.type="ArrowFunctionExpression"], [right.type="FunctionExpression"])',
    'Keeps its machine from the garbage collector: give the function a name first (const fn = ...; object.field = fn), or Scheduler.connect().',
  ],
];

const MODULE_SHAPE = [
  ['ExportDefaultDeclaration', 'Export by name: the reader searches for the name the kernel uses.'],
  [
    ':matches(ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration)[source.value=/^\\.{1,2}\\u002F.*(?<!\\.tsx?|\\.css|\\.json)$/]',
    "Import files with their ending: './task.ts'.",
  ],
];

const INDEX_ONLY = [
  ['Program > :not(ExportNamedDeclaration, ExportAllDeclaration)', 'index.ts holds re-exports only.'],
  ['ExportNamedDeclaration[declaration!=null]', 'index.ts holds re-exports only.'],
];

/** Functions of Math that ECMAScript lets every engine approximate in its own way. */
const INEXACT_MATH = words(`
  sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log log1p log2 log10 pow cbrt
  hypot
`);

/** Why each of these is missing from the model, and their names. */
const BANNED_GLOBALS = {
  'Virtual time comes from sim.now.': 'Date performance Temporal',
  'A timer is an event of the simulation: sim.post().': `
    setTimeout setInterval setImmediate queueMicrotask requestAnimationFrame
    clearTimeout clearInterval clearImmediate cancelAnimationFrame`,
  'The model is synchronous: write a generator (Step or MaySleep).': 'Promise Atomics SharedArrayBuffer',
  'Randomness comes from a named stream of sim.': 'crypto',
  'The garbage collector must not decide anything.': 'WeakRef FinalizationRegistry',
  'Depends on the locale of the machine.': 'Intl',
  'Packages also run in the browser, and report through the trace; print in apps.': 'process Buffer console require',
};

/** What brings real time into a stream. */
const RXJS_TIME = words(`
  asapScheduler asyncScheduler animationFrameScheduler queueScheduler auditTime bufferTime debounceTime
  delay delayWhen interval observeOn sampleTime subscribeOn throttleTime timeInterval timeout timer
  timestamp windowTime firstValueFrom lastValueFrom animationFrames
`);

const SUBJECTS = ['Subject', 'BehaviorSubject', 'ReplaySubject', 'AsyncSubject'];

const syntax = (...lists) => ['error', ...lists.flat().map(([selector, message]) => ({ selector, message }))];

/** `subjects`: whether the file may create the sources of streams, which only the trace package does. */
const imports = (subjects) => [
  'error',
  {
    paths: [
      ...builtinModules.map((name) => ({
        name,
        message: 'Node APIs belong in apps and tools: packages also run in the browser.',
      })),
      { name: 'rxjs', importNames: RXJS_TIME, message: 'Virtual time comes from sim alone.' },
      { name: 'rxjs/operators', message: "Import operators from 'rxjs'." },
      ...(subjects
        ? []
        : [
            {
              name: 'rxjs',
              importNames: SUBJECTS,
              message: 'Streams start in the trace package; others get an Observable.',
            },
          ]),
    ],
    patterns: [{ group: ['node:*'], message: 'Node APIs belong in apps and tools: packages also run in the browser.' }],
  },
];

const SPECS = ['**/*.spec.ts', '**/test/**/*.ts'];

function words(text) {
  return text.trim().split(/\s+/);
}

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', 'site', '**/.nx', '**/coverage', '**/node_modules', '**/.stryker-tmp'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    extends: [tseslint.configs.recommended],
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-var': 'error',
      // Kernel loops are our loops: for (;;) { shouldPark ... schedule }.
      'no-constant-condition': ['error', { checkLoops: false }],
      // A kernel function that never stops at a visible point still is a generator: its callers yield* it.
      'require-yield': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['packages/**/*.ts', 'apps/**/*.ts', 'apps/**/*.tsx'],
    plugins: { '@nx': nx, 'kernel-model': kernelModel },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: true,
          allow: [],
          depConstraints: [
            ...layerRules,
            { sourceTag: 'type:lib', onlyDependOnLibsWithTags: ['type:lib'] },
            // the playground has the command line's shell
            { sourceTag: 'type:app', onlyDependOnLibsWithTags: ['type:lib', 'type:app'] },
          ],
        },
      ],
      // A kernel function that is called without yield* does not run: the most expensive typo in this repository.
      'kernel-model/no-dropped-step': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: SPECS,
    rules: {
      'no-restricted-syntax': syntax(DETERMINISM, GARBAGE, MODULE_SHAPE),
      'no-restricted-globals': [
        'error',
        ...Object.entries(BANNED_GLOBALS).flatMap(([message, names]) =>
          words(names).map((name) => ({ name, message })),
        ),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness comes from a named stream of sim.' },
        ...INEXACT_MATH.map((property) => ({
          object: 'Math',
          property,
          message: 'Engines may round it differently: use integers.',
        })),
      ],
      'no-restricted-imports': imports(false),
    },
  },
  { files: ['packages/trace/src/**/*.ts'], ignores: SPECS, rules: { 'no-restricted-imports': imports(true) } },
  {
    files: ['packages/*/src/index.ts'],
    rules: { 'no-restricted-syntax': syntax(DETERMINISM, MODULE_SHAPE, INDEX_ONLY) },
  },
  {
    files: ['apps/*/src/**/*.ts', 'apps/*/src/**/*.tsx'],
    ignores: SPECS,
    rules: { 'no-restricted-syntax': syntax(MODULE_SHAPE) },
  },
  {
    // What a package imports, it declares; what it declares, it imports. The lowest layer declares nothing.
    files: ['packages/*/package.json', 'apps/*/package.json'],
    plugins: { '@nx': nx },
    languageOptions: { parser: jsonParser },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: [
            '{projectRoot}/jest.config.mjs',
            '{projectRoot}/vite.*.mjs',
            '{projectRoot}/screenshots.mjs',
            '{projectRoot}/**/*.spec.ts',
            '{projectRoot}/test/**/*',
          ],
          ignoredDependencies: ['tslib'],
        },
      ],
    },
  },
);
