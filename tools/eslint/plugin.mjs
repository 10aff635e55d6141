import noDroppedStep from './no-dropped-step.mjs';

/** The lint rules of this repository's own. */
export default { meta: { name: 'kernel-model' }, rules: { 'no-dropped-step': noDroppedStep } };
