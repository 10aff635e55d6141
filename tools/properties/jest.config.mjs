import preset from '@kernel-model/jest-preset';

export default { ...preset, displayName: 'properties', testMatch: ['<rootDir>/*.spec.mjs'] };
