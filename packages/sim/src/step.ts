/**
 * What a kernel function yields when it stops at a visible point: a place where another processor
 * could see or make a difference. The processor keeps the function and resumes it later.
 */
export const POINT = 0 as const;

/** What a kernel function yields when its task has left the processor: someone else runs there now. */
export const SLEEP = 1 as const;

/** Type of {@link POINT}. */
export type Point = typeof POINT;

/** Type of {@link SLEEP}. */
export type Sleep = typeof SLEEP;

/**
 * A kernel function that is atomic with respect to its own processor: it has visible points but never
 * sleeps. Called with `yield*`. A `Step` cannot `yield*` a {@link MaySleep}: the compiler refuses it.
 */
export type Step<T> = Iterable<Point, T, void>;

/** A kernel function that may also sleep. Called with `yield*`. */
export type MaySleep<T> = Iterable<Point | Sleep, T, void>;

/** What a visible point does to the object it names. */
export const READ = 0 as const;

/** See {@link READ}; two accesses to one object conflict unless both only read. */
export const WRITE = 1 as const;

/** {@link READ} or {@link WRITE}. */
export type AccessKind = typeof READ | typeof WRITE;
