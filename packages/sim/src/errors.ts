/** What a {@link UsageError} says besides its code. */
export interface UsageDetail {
  /** The rule that was broken, in one sentence, with task, instant and the values that clash. */
  readonly what: string;
  /** Why it matters. */
  readonly why?: string;
  /** The next thing to try. */
  readonly advice?: string;
  /** What Linux would do: its message, oops or hang. */
  readonly linux?: string;
}

/** The modelled program broke a rule of the kernel (or of this model). The machine is still sound. */
export class UsageError extends Error {
  /** Stable name of the rule, e.g. `KTHREAD_STOP_SELF`. */
  readonly code: string;
  /** The parts of the message. */
  readonly detail: UsageDetail;
  constructor(code: string, detail: UsageDetail) {
    super([detail.what, detail.why, detail.advice, detail.linux && `Linux: ${detail.linux}`].filter(Boolean).join(' '));
    this.name = 'UsageError';
    this.code = code;
    this.detail = detail;
  }
}

/** The model itself is wrong: an invariant does not hold. Never caught, never continued from. */
export class InvariantViolation extends Error {
  /** Name of the invariant, e.g. `WQ_NR_RUNNING`. */
  readonly invariant: string;
  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.name = 'InvariantViolation';
    this.invariant = invariant;
  }
}

/** Make the error for a broken invariant; the caller throws it. */
export function violated(invariant: string, message: string): InvariantViolation {
  return new InvariantViolation(invariant, message);
}
