import cliProgress from 'cli-progress';
import type { TextStream } from './io.ts';

/** How far some work is. */
interface Payload {
  readonly what: string;
  /** There is a bar, because it is known how much there is to do. */
  readonly bar: boolean;
}

/** Shows how far some work is, in one line that is written over and over, on a terminal only. */
export class Progress {
  readonly #bar: cliProgress.SingleBar | null;
  #shown = false;

  /** @param wanted false shows nothing */
  constructor(out: TextStream, wanted = true) {
    this.#bar = wanted && out.isTTY === true ? barOn(out) : null;
  }

  /**
   * Show this instead of what is shown.
   * @param part what is done, from 0 to 1: it makes a bar, and tells how long it will take; null if it is not known
   */
  show(what: string, part: number | null = null): void {
    if (this.#bar === null) return;
    const payload: Payload = { what, bar: part !== null };
    if (this.#shown) this.#bar.update(part ?? 0, payload);
    else this.#bar.start(1, part ?? 0, payload);
    this.#shown = true;
  }

  /** Take the line away, before something else is written. */
  clear(): void {
    if (this.#shown) this.#bar!.stop();
    this.#shown = false;
  }
}

function barOn(out: TextStream): cliProgress.SingleBar {
  return new cliProgress.SingleBar({
    stream: out as NodeJS.WriteStream,
    format: (options, { progress, eta }, { what, bar }: Payload) => {
      if (!bar) return what;
      const percent = String(Math.floor(progress * 100)).padStart(3);
      return `[${cliProgress.Format.BarFormat(progress, options)}]${percent}% ${what}${etaText(eta)}`;
    },
    barsize: 24,
    clearOnComplete: true,
    etaBuffer: 100,
    // a terminal that is left in the middle stays as it was
    linewrap: true,
  });
}

/** @param eta s, or text if it is not known */
function etaText(eta: number | string): string {
  const s = Number(eta);
  if (!(s > 0)) return '';
  const parts = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map((n) => String(n).padStart(2, '0'));
  return `, ETA ${parts.join(':')}`;
}
