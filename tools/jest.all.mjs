// All projects in one Jest run; not named jest.config so that Nx does not take the root for a project.
export default {
  rootDir: '..',
  projects: [
    '<rootDir>/packages/*',
    '<rootDir>/apps/*',
    '<rootDir>/examples/daemons/*',
    '<rootDir>/tools/properties',
    '<rootDir>/tools/bench',
  ],
  coverageDirectory: '<rootDir>/coverage',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/*.spec.ts'],
};
