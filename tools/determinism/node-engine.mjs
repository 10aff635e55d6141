// An engine of its own process: takes batches as lines of JSON, answers each with a line.
import { createInterface } from 'node:readline';
import { fingerprints, run } from './fingerprint.mjs';

for await (const line of createInterface({ input: process.stdin })) {
  const { show, items } = JSON.parse(line);
  console.log(JSON.stringify(show ? items.map(run) : fingerprints(items)));
}
