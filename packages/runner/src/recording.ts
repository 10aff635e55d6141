import type { Machine } from '@kernel-model/machine';
import { EVENTS, traceHeader, traceLine } from '@kernel-model/trace';

/** The trace of one machine, as the text of the tracefs `trace` file. */
export class Recording {
  /** Events so far. */
  count = 0;
  readonly #names: ReadonlySet<string>;
  readonly #pieces: string[] = [];
  #piece = '';
  #endNs = Infinity;

  /** @param names of the events to keep; the others cost nothing */
  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /** Record from now on, until the machine is disposed of. */
  begin(machine: Machine): void {
    for (const def of EVENTS) {
      if (!this.#names.has(def.name)) continue;
      machine.hub.on(def).subscribe((event) => {
        if (event.at > this.#endNs) return;
        this.count++;
        this.#piece += `${traceLine(event)}\n`;
        if (this.#piece.length > PIECE) this.#cut();
      });
    }
  }

  /** Leave out what happens after this instant. */
  end(atNs: number): void {
    this.#endNs = atNs;
  }

  /** The whole file. */
  text(nrCpus: number): string {
    this.#cut();
    return traceHeader(this.count, this.count, nrCpus) + this.#pieces.join('');
  }

  #cut(): void {
    this.#pieces.push(this.#piece);
    this.#piece = '';
  }
}

const PIECE = 1 << 16;
