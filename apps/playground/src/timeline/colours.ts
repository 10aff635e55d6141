import { STATES } from '../engine/protocol.ts';

/** The colours of a timeline, read from the custom properties of the page: light and dark are theirs. */
export interface Colours {
  readonly states: readonly string[];
  readonly text: string;
  readonly muted: string;
  readonly faint: string;
  readonly line: string;
  readonly surface: string;
  readonly onRunning: string;
  readonly accent: string;
  readonly wake: string;
  readonly ipi: string;
  readonly tlb: string;
  readonly mark: string;
  readonly work: string;
  readonly font: string;
}

/** Read the colours that hold for an element now. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const get = (name: string): string => style.getPropertyValue(name).trim();
  return {
    states: STATES.map((name) => get(`--state-${name.toLowerCase()}`)),
    text: get('--text'),
    muted: get('--muted'),
    faint: get('--faint'),
    line: get('--line'),
    surface: get('--surface'),
    onRunning: get('--on-running'),
    accent: get('--accent'),
    wake: get('--wake'),
    ipi: get('--ipi'),
    tlb: get('--tlb'),
    mark: get('--mark'),
    work: get('--work'),
    font: style.fontFamily,
  };
}
