import preset from '@kernel-model/jest-preset';

export default { ...preset, displayName: 'bench', testMatch: ['<rootDir>/*.spec.mjs'] };
