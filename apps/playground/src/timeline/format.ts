/** A span of time with three or four digits: 1.234 ms. */
export function formatNs(ns: number): string {
  const n = Math.abs(ns);
  if (n < 1000) return `${Math.round(ns)} ns`;
  if (n < 1e6) return `${digits(ns / 1e3)} µs`;
  if (n < 1e9) return `${digits(ns / 1e6)} ms`;
  return `${digits(ns / 1e9)} s`;
}

function digits(x: number): string {
  const n = Math.abs(x);
  return x.toFixed(n < 10 ? 3 : n < 100 ? 2 : 1).replace(/\.?0+$/, '');
}

/** An instant since the start of the run, with as many digits as tell it from its neighbours `stepNs` away. */
export function formatTick(ns: number, stepNs: number): string {
  const [unit, size] =
    stepNs >= 1e9 ? ['s', 1e9] : stepNs >= 1e6 ? ['ms', 1e6] : stepNs >= 1e3 ? ['µs', 1e3] : ['ns', 1];
  if (ns === 0) return '0';
  return `${Math.round((ns as number) / (size as number))} ${unit}`;
}

/** Where an axis has its marks: about every `everyPx` pixels, at round numbers. @returns the distance in ns */
export function tickStep(rangeNs: number, widthPx: number, everyPx: number): number {
  const least = (rangeNs / Math.max(1, widthPx)) * everyPx;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  for (const factor of [1, 2, 5]) if (power * factor >= least) return power * factor;
  return power * 10;
}
