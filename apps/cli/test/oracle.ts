import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compareTraces, type Comparison, type JudgedFile } from '@kernel-model/analysis';
import { parseScenario } from '@kernel-model/scenario';
import { DEFAULT_EVENTS, runScenario } from '../src/index.ts';
import { ROOT } from './world.ts';

const ORACLE = join(ROOT, 'packages/scenario/oracle');

/** What a real kernel was found to repeat, by scenario. */
export const JUDGED: JudgedFile = JSON.parse(readFileSync(join(ORACLE, 'judged.json'), 'utf8')) as JudgedFile;

/** Names of the scenarios that a real kernel ran. */
export function oracleNames(): string[] {
  return readdirSync(join(ORACLE, 'scenarios')).map((file) => file.replace(/\.yaml$/, ''));
}

/** Run a scenario on the model and hold the trace against that of the real kernel. */
export function compareWithReal(name: string): Comparison {
  const text = readFileSync(join(ORACLE, 'scenarios', `${name}.yaml`));
  const real = gunzipSync(readFileSync(join(ORACLE, 'traces', `${name}.trace.gz`))).toString();
  const { trace } = runScenario(parseScenario(text, `${name}.yaml`), { events: DEFAULT_EVENTS });
  return compareTraces(real, trace, JUDGED[name] ?? { kinds: [] });
}
