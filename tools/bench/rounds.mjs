// Runs cases in turn, each in a process of its own, in rounds: a machine whose speed drifts disturbs all of them alike.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../steps.mjs';
import { GROUPS, SPEED } from './cases.mjs';
import { GOAL_NS } from './loads/speed.mjs';
import { median, ratios } from './statistics.mjs';

/**
 * Run one case.
 * @param {string} name
 * @param {number} scale how much of its work
 * @param {string} root the checkout whose packages are measured
 * @returns {Promise<{cost: number} | {missing: string}>} ns an operation, or the value
 * @throws if it fails
 */
export async function runCase(name, scale, root = ROOT) {
  const args = ['--expose-gc', join(root, 'tools/bench/one.mjs'), name, String(scale)];
  const { operations, ns, value, missing } = JSON.parse(await output(args));
  return missing === undefined ? { cost: value ?? ns / operations } : { missing };
}

/** What a Node of its own prints. @throws with what it said, in one line, if it fails */
export async function output(args) {
  try {
    return (await promisify(execFile)(process.execPath, args, { encoding: 'utf8' })).stdout;
  } catch (error) {
    const said = String(error.stderr ?? error.message).trim();
    throw new Error(/^\w*Error.*$/m.exec(said)?.[0] ?? said.split('\n').at(-1));
  }
}

/**
 * Run tasks round after round, and tell how far it is.
 * @param {{name: string, run: (round: number) => Promise<void>}[]} tasks of one round
 */
export async function inRounds(tasks, rounds, progress) {
  const start = performance.now();
  const total = rounds * tasks.length;
  for (let i = 0; i < total; i++) {
    const { name, run } = tasks[i % tasks.length];
    const left = i === 0 ? '' : `, ${time(((performance.now() - start) / i) * (total - i))} left`;
    progress(`${i + 1} of ${total}${left}: ${name}`);
    await run(Math.floor(i / tasks.length));
  }
  progress('');
}

/** The cases to run for parts of names, group by group; with a case comes the one it is compared with. */
export function select(parts) {
  const wanted = (name) => parts.length === 0 || parts.some((part) => name.includes(part));
  return GROUPS.map(({ title, cases }) => {
    const names = Object.keys(cases);
    return { title, names: names.some(wanted) ? names.filter((name, i) => i === 0 || wanted(name)) : [], cases };
  }).filter(({ names }) => names.length > 0);
}

/** Measure groups of {@link select}, and how fast the machine is. @returns them all with `results` in place of names */
export async function measureGroups(selected, { rounds, scale, progress }) {
  const groups = [SPEED, ...selected];
  const values = new Map();
  const missing = new Map();
  const tasks = groups.flatMap(({ names }) =>
    names.map((name) => ({
      name,
      async run() {
        if (missing.has(name)) return;
        const result = await runCase(name, scale).catch((error) => ({ missing: `failed: ${error.message}` }));
        if ('missing' in result) missing.set(name, result.missing);
        else values.set(name, [...(values.get(name) ?? []), result.cost]);
      },
    })),
  );
  await inRounds(tasks, rounds, progress);
  const slower = median(values.get(SPEED.names[0])) / GOAL_NS;
  return groups.map(({ title, names, cases }) => ({
    title,
    results: names.map((name) =>
      resultOf(name, cases[name], slower, values, missing.has(names[0]) ? undefined : values.get(names[0]), missing),
    ),
  }));
}

/** @param slower how much slower this machine is than the one for which the goals are meant */
function resultOf(name, { unit, value, atMost: goal, times, note, peer = false }, slower, values, base, missing) {
  if (missing.has(name)) return { name, peer, missing: missing.get(name) };
  const list = values.get(name);
  const atMost = goal === undefined || unit === 'kB' ? goal : goal * slower;
  const ratio = base && median(ratios(list, base));
  return {
    name,
    peer,
    unit: value ? unit : `ns/${unit}`,
    median: median(list),
    min: Math.min(...list),
    max: Math.max(...list),
    ...(!value && { perSecond: 1e9 / median(list) }),
    ratio,
    ...(atMost !== undefined && { atMost, missedBy: median(list) / atMost }),
    ...(times !== undefined && ratio !== undefined && { times, missedBy: ratio / times }),
    ...(note !== undefined && { note }),
  };
}

function time(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}
