const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  K: 1024,
  m: 1024 ** 2,
  M: 1024 ** 2,
  g: 1024 ** 3,
  G: 1024 ** 3,
};

/** A size such as `512M`, in bytes; NaN if it is none. */
export function bytesOf(text: string): number {
  const match = /^(\d+)([bkKmMgG]?)$/.exec(text);
  return match === null ? NaN : Number(match[1]) * UNITS[match[2]!]!;
}
