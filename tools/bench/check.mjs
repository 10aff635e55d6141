// `npm run bench -- --check`: is this checkout slower than another revision? Each case runs with both, one right after the
// other and first by turns; what is judged is the ratio within such pairs, never a time.
import { baseTree, commitOf, differsFrom } from './base-tree.mjs';
import { inRounds, runCase } from './rounds.mjs';
import { judge, median, medianInterval, ratios, roundsFor } from './statistics.mjs';

/**
 * @param {string[]} names of cases
 * @param {{base: string, rounds: number, limit: number, scale: number, progress: (text: string) => void}} options
 * @returns {Promise<{status: number, report: string, results: object[]}>} status 1: a case is too slow, or failed
 */
export async function compare(names, { base, rounds, limit, scale, progress }) {
  if (rounds < roundsFor())
    throw new Error(`${rounds} rounds can't tell anything with 95 % confidence: at least ${roundsFor()}.`);
  const commit = commitOf(base);
  if (!differsFrom(commit)) {
    return { status: 0, report: `The packages are those of ${base}: nothing to compare.`, results: [] };
  }
  const tree = await baseTree(commit, progress);
  const stop = () => {
    tree.remove();
    process.exit(130);
  };
  process.once('SIGINT', stop);
  try {
    const pairs = names.map((name) => new Pair(name));
    await inRounds(
      pairs.map((pair) => ({ name: pair.name, run: (round) => pair.measure(scale, tree.root, round % 2 === 1) })),
      rounds,
      progress,
    );
    return reportOf(pairs, { base, commit, rounds, limit });
  } finally {
    process.off('SIGINT', stop);
    tree.remove();
  }
}

/** One case with both revisions. */
class Pair {
  before = [];
  after = [];
  /** Why it can't be compared. */
  failure = null;

  constructor(name) {
    this.name = name;
  }

  async measure(scale, root, afterFirst) {
    if (this.failure !== null) return;
    const sides = [
      { list: this.before, root, who: 'the base' },
      { list: this.after, root: undefined, who: 'this checkout' },
    ];
    for (const { list, root, who } of afterFirst ? sides.toReversed() : sides) {
      try {
        list.push((await runCase(this.name, scale, root)).cost);
      } catch (error) {
        this.failure = { who, message: error.message };
        return;
      }
    }
  }
}

function reportOf(pairs, { base, commit, rounds, limit }) {
  const results = pairs.map((pair) => resultOf(pair, limit));
  const lines = results.map(({ name, ratio, interval, verdict, failure }) => {
    if (failure) return `${name.padEnd(32)}${failure.who} can't run it: ${failure.message}`;
    return `${name.padEnd(32)}${ratio.toFixed(3)}   ${interval.low.toFixed(3)} .. ${interval.high.toFixed(3)}   ${verdict}`;
  });
  const slower = results.filter(({ verdict }) => verdict === 'slower').length;
  const broken = results.filter(({ failure }) => failure?.who === 'this checkout').length;
  const head = `Cost of this checkout divided by that of ${base} (${commit.slice(0, 10)}), ${rounds} pairs each`;
  const end =
    slower + broken === 0
      ? `No case is slower by more than ${percent(limit)} with 95 % confidence.`
      : `${slower} slower by more than ${percent(limit)} with 95 % confidence, ${broken} failed.`;
  return {
    status: slower + broken === 0 ? 0 : 1,
    report: [head, '', `${'case'.padEnd(32)}median  95 % interval    verdict`, ...lines, '', end].join('\n'),
    results,
  };
}

function resultOf({ name, before, after, failure }, limit) {
  if (failure !== null) return { name, failure };
  const changes = ratios(after, before);
  return { name, ratio: median(changes), interval: medianInterval(changes), verdict: judge(changes, limit), changes };
}

function percent(limit) {
  return `${Math.round((limit - 1) * 1000) / 10} %`;
}
