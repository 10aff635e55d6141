import preset from '@kernel-model/jest-preset';
export default { ...preset, displayName: 'playground' };
