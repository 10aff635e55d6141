import { KINDS, type Comparison, type Kind } from './compare.ts';

/** Adds up comparisons of many scenarios, and says so in the lines of `compare.py --all`. */
export class CompareSummary {
  /** Scenarios that were judged. */
  scenarios = 0;
  /** Scenarios without a difference that counts. */
  same = 0;
  readonly #lines: string[] = [];
  readonly #agreed: Record<Kind, number> = zeros();
  readonly #counted: Record<Kind, number> = zeros();

  /** Add a scenario; one that is judged by nothing does not count. */
  add(name: string, comparison: Comparison): void {
    const { kinds, bad, differences } = comparison;
    if (kinds.length === 0) return;
    this.scenarios++;
    for (const kind of kinds) {
      this.#counted[kind]++;
      if (!bad.includes(kind)) this.#agreed[kind]++;
    }
    if (comparison.same) this.same++;
    else {
      const reasons = bad.map((kind) => `${kind}: ${differences[kind][0]}`).join('; ');
      this.#lines.push(`${name}: ${[...reasons].slice(0, 400).join('')}`);
    }
  }

  /** A line for each scenario that differs, and one with the totals. */
  text(): string {
    const totals = KINDS.map((kind) => `${kind} ${this.#agreed[kind]}/${this.#counted[kind]}`);
    return [...this.#lines, `${totals.join(' ')} all ${this.same}/${this.scenarios}`].join('\n') + '\n';
  }
}

function zeros(): Record<Kind, number> {
  return { calls: 0, timing: 0, tasks: 0, cpu: 0, cpus: 0, tlb: 0, works: 0 };
}
