// Random scenarios, as wide as the scenario file: for properties, and for the corpus that all engines must agree on.
import fc from 'fast-check';
import { legalScenario } from './legal.mjs';
import { wildScenario } from './wild.mjs';

export { legalScenario, wildScenario };

/** A program as the text of a scenario file. JSON is YAML; a line for each key keeps messages readable. */
export function textOf(program) {
  return Object.entries(program)
    .map(([key, value]) =>
      Array.isArray(value) || typeof value !== 'object'
        ? `${key}: ${JSON.stringify(value)}`
        : `${key}:\n${inner(value)}`,
    )
    .join('\n')
    .concat('\n');
}

/** The scenario of a seed: legal ones for even seeds, wild ones for odd. */
export function scenarioOf(seed) {
  const [program] = fc.sample(seed % 2 === 0 ? legalScenario : wildScenario, { seed, numRuns: 1 });
  return textOf(program);
}

function inner(value) {
  return Object.entries(value)
    .map(([key, it]) => `  ${key}: ${JSON.stringify(it)}`)
    .join('\n');
}
