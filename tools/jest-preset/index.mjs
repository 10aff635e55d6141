import { fileURLToPath } from 'node:url';

/**
 * Jest on the TypeScript sources, as ES modules: packages import each other's sources, nothing has to be built.
 *
 * @type {import('jest').Config}
 */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@kernel-model/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  globalSetup: fileURLToPath(new URL('./require-esm.mjs', import.meta.url)),
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/out-tsc/', '<rootDir>/.stryker-tmp/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
