/** The part of a run that is in sight: ns since its start. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** No closer than this, in ns. */
const CLOSEST_NS = 200;
/** Room that is shown on both sides of a run, as a part of it. */
const MARGIN = 0.02;

/** All of a run. */
export function wholeView(lengthNs: number): View {
  const margin = lengthNs * MARGIN;
  return { from: -margin, to: lengthNs + margin };
}

/** Zoom by a factor, below 1 for closer, around an instant that stays where it is. */
export function zoomed(view: View, factor: number, aroundNs: number, lengthNs: number): View {
  const length = view.to - view.from;
  const wanted = Math.min(Math.max(length * factor, CLOSEST_NS), lengthNs * (1 + 2 * MARGIN));
  const part = (aroundNs - view.from) / length;
  return kept({ from: aroundNs - wanted * part, to: aroundNs + wanted * (1 - part) }, lengthNs);
}

/** Move by ns; stops at the ends. */
export function panned(view: View, byNs: number, lengthNs: number): View {
  return kept({ from: view.from + byNs, to: view.to + byNs }, lengthNs);
}

/** The same zoom, moved as little as possible so that an instant is in sight. */
export function revealing(view: View, atNs: number, lengthNs: number): View {
  const length = view.to - view.from;
  const border = length * 0.08;
  if (atNs < view.from + border) return kept({ from: atNs - border, to: atNs - border + length }, lengthNs);
  if (atNs > view.to - border) return kept({ from: atNs + border - length, to: atNs + border }, lengthNs);
  return view;
}

function kept({ from, to }: View, lengthNs: number): View {
  const all = wholeView(lengthNs);
  const length = Math.min(to - from, all.to - all.from);
  const start = Math.min(Math.max(from, all.from), all.to - length);
  return { from: start, to: start + length };
}
