import { EventDef } from './event-def.ts';
import { bits, BOOL, DECIMAL, POINTER, STRING, words, type FieldType } from './field-types.ts';

const TIMER_FLAGS: FieldType<string> = bits([
  [0x00040000, 'M'],
  [0x00080000, 'D'],
  [0x00100000, 'P'],
  [0x00200000, 'I'],
]);
// by number of the mode: 1 relative, 2 pinned, 4 soft, 8 hard
const MODES: FieldType<string> = words(
  ['', '|SOFT', '|HARD'].flatMap((context) =>
    ['', '|PINNED'].flatMap((pinned) => ['ABS', 'REL'].map((base) => base + pinned + context)),
  ),
);
const CLOCKS: FieldType<string> = words(
  ['REALTIME', 'MONOTONIC', '2', '3', '4', '5', '6', 'BOOTTIME', '8', '9', '10', 'TAI'].map((name) =>
    /\d/.test(name) ? name : `CLOCK_${name}`,
  ),
);

/** Fields of the events that name a timer. */
export interface TimerFields {
  readonly timer: string;
}

/** A timer is set up. @linux include/trace/events/timer.h timer_init */
export const TIMER_INIT: EventDef<TimerFields> = timerEvent('timer_init');
/** A pending timer is taken back. @linux include/trace/events/timer.h timer_cancel */
export const TIMER_CANCEL: EventDef<TimerFields> = timerEvent('timer_cancel');
/** A timer's function has returned. @linux include/trace/events/timer.h timer_expire_exit */
export const TIMER_EXPIRE_EXIT: EventDef<TimerFields> = timerEvent('timer_expire_exit');

/** Fields of {@link TIMER_START}; instants in jiffies. */
export interface TimerStartFields {
  readonly timer: string;
  readonly function: string;
  readonly expires: number;
  /** expires minus now. */
  readonly timeout: number;
  readonly bucket_expiry: number;
  readonly cpu: number;
  readonly idx: number;
  /** Letters joined by `|`; recorded as timer->flags: 0x40000 M, 0x80000 D, 0x100000 P, 0x200000 I. */
  readonly flags: string;
}

/** A timer is armed. @linux include/trace/events/timer.h timer_start */
export const TIMER_START: EventDef<TimerStartFields> = new EventDef<TimerStartFields>(
  'timer',
  'timer_start',
  'timer={timer} function={function} expires={expires} [timeout={timeout}] bucket_expiry={bucket_expiry} cpu={cpu} idx={idx} flags={flags}',
  {
    timer: POINTER,
    function: STRING,
    expires: DECIMAL,
    timeout: DECIMAL,
    bucket_expiry: DECIMAL,
    cpu: DECIMAL,
    idx: DECIMAL,
    flags: TIMER_FLAGS,
  },
);

/** Fields of {@link TIMER_EXPIRE_ENTRY}; instants in jiffies. */
export interface TimerExpireEntryFields {
  readonly timer: string;
  readonly function: string;
  readonly now: number;
  readonly baseclk: number;
}

/** A timer's function is called. @linux include/trace/events/timer.h timer_expire_entry */
export const TIMER_EXPIRE_ENTRY: EventDef<TimerExpireEntryFields> = new EventDef<TimerExpireEntryFields>(
  'timer',
  'timer_expire_entry',
  'timer={timer} function={function} now={now} baseclk={baseclk}',
  { timer: POINTER, function: STRING, now: DECIMAL, baseclk: DECIMAL },
);

/** Fields of {@link HRTIMER_INIT}. */
export interface HrtimerInitFields {
  readonly hrtimer: string;
  /** Recorded as the clock's number: 0 realtime, 1 monotonic, 7 boottime, 11 tai. */
  readonly clockid: string;
  /** Recorded as a sum: 1 relative, 2 pinned, 4 soft, 8 hard. */
  readonly mode: string;
}

/** A high resolution timer is set up. @linux include/trace/events/timer.h hrtimer_init */
export const HRTIMER_INIT: EventDef<HrtimerInitFields> = new EventDef<HrtimerInitFields>(
  'timer',
  'hrtimer_init',
  'hrtimer={hrtimer} clockid={clockid} mode={mode}',
  { hrtimer: POINTER, clockid: CLOCKS, mode: MODES },
);

/** Fields of {@link HRTIMER_START}; instants in ns. */
export interface HrtimerStartFields {
  readonly hrtimer: string;
  readonly function: string;
  readonly expires: number;
  readonly softexpires: number;
  /** Recorded as in {@link HrtimerInitFields}. */
  readonly mode: string;
  readonly was_armed: boolean;
}

/** A high resolution timer is armed. @linux include/trace/events/timer.h hrtimer_start */
export const HRTIMER_START: EventDef<HrtimerStartFields> = new EventDef<HrtimerStartFields>(
  'timer',
  'hrtimer_start',
  'hrtimer={hrtimer} function={function} expires={expires} softexpires={softexpires} mode={mode} was_armed={was_armed}',
  {
    hrtimer: POINTER,
    function: STRING,
    expires: DECIMAL,
    softexpires: DECIMAL,
    mode: MODES,
    was_armed: BOOL,
  },
);

/** Fields of {@link HRTIMER_EXPIRE_ENTRY}. */
export interface HrtimerExpireEntryFields {
  readonly hrtimer: string;
  readonly function: string;
  /** In ns. */
  readonly now: number;
}

/** A high resolution timer's function is called. @linux include/trace/events/timer.h hrtimer_expire_entry */
export const HRTIMER_EXPIRE_ENTRY: EventDef<HrtimerExpireEntryFields> = new EventDef<HrtimerExpireEntryFields>(
  'timer',
  'hrtimer_expire_entry',
  'hrtimer={hrtimer} function={function} now={now}',
  { hrtimer: POINTER, function: STRING, now: DECIMAL },
);

/** Fields of the events that name a high resolution timer. */
export interface HrtimerFields {
  readonly hrtimer: string;
}

/** A high resolution timer's function has returned. @linux include/trace/events/timer.h hrtimer_expire_exit */
export const HRTIMER_EXPIRE_EXIT: EventDef<HrtimerFields> = hrtimerEvent('hrtimer_expire_exit');
/** A high resolution timer is taken back. @linux include/trace/events/timer.h hrtimer_cancel */
export const HRTIMER_CANCEL: EventDef<HrtimerFields> = hrtimerEvent('hrtimer_cancel');

function timerEvent(name: string): EventDef<TimerFields> {
  return new EventDef<TimerFields>('timer', name, 'timer={timer}', { timer: POINTER });
}

function hrtimerEvent(name: string): EventDef<HrtimerFields> {
  return new EventDef<HrtimerFields>('timer', name, 'hrtimer={hrtimer}', { hrtimer: POINTER });
}
