// The results as one table, for a terminal and for the documentation.

const HEAD = ['', 'median', 'unit', 'min .. max', 'a second', 'x first', 'at most'];

/** @param groups of `measureGroups` */
export function textTable(groups) {
  const { rows, notes } = rowsOf(groups);
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => (row[column] ?? '').length)));
  const line = (row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 2 || column === 6 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      ) // prettier-ignore
      .join('  ')
      .trimEnd();
  const body = rows.map((row) => (row.length === 1 ? `\n${row[0]}` : row.length === 2 ? `${row[0].padEnd(widths[0])}  ${row[1]}` : line(row))); // prettier-ignore
  return [line(HEAD), ...body, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

/** The same in Markdown. */
export function markdownTable(groups) {
  const { rows, notes } = rowsOf(groups);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const body = rows.map((row) => {
    if (row.length === 1) return line([`**${row[0]}**`, ...HEAD.slice(1).fill('')]);
    return line([row[0].trim(), ...row.slice(1), ...HEAD.slice(row.length).fill('')]);
  });
  const list = notes.map((note) => `- ${note}`);
  return [line(HEAD), '| --- | ---: | --- | ---: | ---: | ---: | --- |', ...body, '', ...list].join('\n');
}

function rowsOf(groups) {
  const rows = [];
  const notes = [];
  for (const { title, results } of groups) {
    rows.push([title]);
    for (const result of results) {
      if (result.note !== undefined) notes.push(`${result.name}: ${result.note}`);
      rows.push(result.missing === undefined ? rowOf(result) : [`  ${result.name}`, result.missing]);
    }
  }
  return { rows, notes };
}

function rowOf({ name, unit, median, min, max, perSecond, ratio, atMost, times, missedBy }) {
  const goal = atMost === undefined ? times && `${times} x first` : show(atMost);
  return [
    `  ${name}`,
    show(median),
    unit,
    `${show(min)} .. ${show(max)}`,
    perSecond === undefined ? '' : rate(perSecond),
    ratio === undefined ? '' : show(ratio),
    goal === undefined ? '' : `${goal}, ${missedBy <= 1 ? 'reached' : `missed: ${show(missedBy)} times`}`,
  ];
}

/** Three digits. */
export function show(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value.toPrecision(value < 0.095 ? 2 : 3);
}

function rate(perSecond) {
  if (perSecond >= 1e6) return `${show(perSecond / 1e6)} M`;
  return perSecond >= 1e3 ? `${show(perSecond / 1e3)} k` : show(perSecond);
}
