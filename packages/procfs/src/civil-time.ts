const MONTHS: readonly string[] = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS: readonly string[] = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const DAY_S = 86_400;

/** An instant in UTC, as ps prints its parts. */
export interface CivilTime {
  readonly year: number;
  /** "Jan" .. "Dec". */
  readonly month: string;
  /** 1 .. 31. */
  readonly day: number;
  readonly weekday: string;
  /** "HH:MM". */
  readonly hhmm: string;
  /** "HH:MM:SS". */
  readonly hhmmss: string;
  /** Days since 1970. */
  readonly epochDay: number;
}

/** @param seconds since 1970, UTC */
export function civilTime(seconds: number): CivilTime {
  const epochDay = Math.floor(seconds / DAY_S);
  const second = Math.floor(seconds) - epochDay * DAY_S;
  const hhmmss = [second / 3600, (second / 60) % 60, second % 60].map((n) => twoDigits(Math.floor(n))).join(':');
  let year = 1970;
  let day = epochDay;
  for (; day >= daysOfYear(year); year++) day -= daysOfYear(year);
  let month = 0;
  for (; day >= daysOfMonth(year, month); month++) day -= daysOfMonth(year, month);
  return {
    year,
    month: MONTHS[month]!,
    day: day + 1,
    weekday: WEEKDAYS[epochDay % 7]!,
    hhmm: hhmmss.slice(0, 5),
    hhmmss,
    epochDay,
  };
}

/** At least two digits. */
export function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysOfYear(year: number): number {
  return isLeap(year) ? 366 : 365;
}

function daysOfMonth(year: number, month: number): number {
  if (month === 1) return isLeap(year) ? 29 : 28;
  return [3, 5, 8, 10].includes(month) ? 30 : 31;
}
