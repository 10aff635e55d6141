import { existsSync, readFileSync } from 'node:fs';
import { resultsOf } from './config.mjs';
import { TARGETS } from './targets.mjs';

/** The mutants of a target in its last run, with the source that each replaces and the line on which it begins. */
export function mutantsOf(target) {
  if (!existsSync(resultsOf(target))) return [];
  const { files } = JSON.parse(readFileSync(resultsOf(target), 'utf8'));
  return TARGETS[target].files.flatMap((file) => {
    const { source, mutants } = files[`src/${file}.ts`] ?? { source: '', mutants: [] };
    const lines = source.split('\n');
    return mutants.map((mutant) => ({
      target,
      pkg: TARGETS[target].pkg,
      file: `${file}.ts`,
      at: mutant.location.start.line,
      column: mutant.location.start.column,
      line: lines[mutant.location.start.line - 1].trim(),
      code: short(excerpt(lines, mutant.location)),
      change: short(mutant.replacement),
      mutator: mutant.mutatorName,
      status: mutant.status,
    }));
  });
}

/** Mutants of a target, or of one file, by what became of them; the score is the share that was noticed, in percent. */
export function totalOf(target, file = null) {
  const mutants = mutantsOf(target).filter((mutant) => file === null || mutant.file === file);
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count('Killed', 'RuntimeError', 'CompileError');
  const timeout = count('Timeout');
  const survived = count('Survived');
  const unreached = count('NoCoverage');
  const all = killed + timeout + survived + unreached;
  return { killed, timeout, survived, unreached, all, score: all === 0 ? 100 : (100 * (killed + timeout)) / all };
}

/** A Markdown table of the scores of what has been run, and of `before`: rows by their first cell. */
export function scoreTable(targets, before = new Map()) {
  const rows = targets.flatMap((target) => [
    ...TARGETS[target].files.map((file) => [`${TARGETS[target].pkg}/${file}.ts`, totalOf(target, `${file}.ts`)]),
    [`**${target}**`, totalOf(target)],
  ]);
  const cells = rows
    .map(([name, { all, killed, timeout, survived, unreached, score }]) =>
      all === 0
        ? before.get(name)
        : [name, all, killed, timeout, survived, unreached, `${score.toFixed(1)} %`].map(String),
    )
    .filter((row) => row !== undefined);
  const head = ['file', 'mutants', 'killed', 'endless', 'survived', 'not reached', 'score'];
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((row) => row[i].length)));
  const print = (row) =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [print(head), rule, ...cells.map(print)].join('\n');
}

/** Print the survivors that nobody has explained yet, and how many are explained. */
export function tell(survivors) {
  const open = survivors.filter(({ reason }) => reason === null);
  for (const { pkg, file, at, column, code, change, status } of open)
    console.log(
      `${pkg}/src/${file}:${at}:${column}  ${code}  ->  ${change}${status === 'NoCoverage' ? '  (not reached)' : ''}`,
    );
  console.log(`${survivors.length} survive; ${survivors.length - open.length} of them with a reason in survivors.json`);
}

function excerpt(lines, { start, end }) {
  const part = lines.slice(start.line - 1, end.line);
  part[part.length - 1] = part.at(-1).slice(0, end.column - 1);
  part[0] = part[0].slice(start.column - 1);
  return part.join('\n');
}

function short(text) {
  const one = text.replace(/\s+/g, ' ').trim();
  return one.length <= 90 ? one : `${one.slice(0, 60)} ... ${one.slice(-25)}`;
}
