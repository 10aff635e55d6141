import { setImmediate, setTimeout } from 'node:timers/promises';
import type { CliIo, EndSignal } from './io.ts';

/** Real time in ms after which work pauses, so that a signal is heard and the progress is shown. */
const SLICE_MS = 50;
/** Times that {@link Slice.over} is asked between two looks at the clock. */
const ASKED_BETWEEN = 256;
/** Real time in ms in which a signal may come twice: from the terminal, and from npx, which gets it as well and sends it on. */
const TWICE_MS = 200;

/** Work in slices: it pauses when its {@link Slice} is over, and gets back the signal that wants it to end, or null. */
export type Sliced<T> = Generator<void, T, EndSignal | null>;

/** Says when it is time to pause. */
export class Slice {
  #untilMs = performance.now() + SLICE_MS;
  #asked = 0;

  /** Whether time is up: cheap enough to be asked after every step of a machine. */
  readonly over = (): boolean => ++this.#asked % ASKED_BETWEEN === 0 && this.isOver;

  /** Whether time is up, now. */
  get isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  /** Pause. @returns the signal that wants the work to end, or null */
  *pause(): Sliced<EndSignal | null> {
    const signal = yield;
    this.#untilMs = performance.now() + SLICE_MS;
    return signal;
  }
}

/**
 * Do work to its end. If this process can get signals, the first one is told to the work at its next pause, and the
 * next one, a moment later, ends the process at once.
 * @returns what the work returned: a promise if there can be signals
 */
export function inSlices<T>(work: Sliced<T>, { signals }: CliIo): T | Promise<T> {
  if (signals !== undefined) return listening(work, signals);
  let step = work.next();
  while (step.done !== true) step = work.next(null);
  return step.value;
}

const SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

async function listening<T>(work: Sliced<T>, signals: NonNullable<CliIo['signals']>): Promise<T> {
  let caught: EndSignal | null = null;
  const hear = (signal: EndSignal): void => void (caught ??= signal);
  const deafen = (): void => SIGNALS.forEach((signal) => signals.off(signal, hear));
  for (const signal of SIGNALS) signals.on(signal, hear);
  try {
    let step = work.next();
    while (step.done !== true) {
      await setImmediate();
      if (caught !== null) {
        await setTimeout(TWICE_MS);
        // from here on a signal does what signals do
        deafen();
      }
      step = work.next(caught);
    }
    return step.value;
  } finally {
    deafen();
  }
}
