import type { Machine } from '@kernel-model/machine';
import { DEFAULT_EVENTS, EVENT_BYTES } from '@kernel-model/runner';
import { EINVAL, checkSchedstatRequired } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import { EVENTS, TRACING_MARK_WRITE, traceHeader, traceLine, type EventDef } from '@kernel-model/trace';
import { EventRing } from './event-ring.ts';

/** Where tracefs is mounted, and where it used to be. */
const MOUNTS: readonly string[] = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];
/** KiB of the ring buffer of a CPU. @linux kernel/trace/trace.h TRACE_BUF_SIZE_DEFAULT */
const BUFFER_KIB = 1408;

/** What can be enabled; marks come unasked. */
const SWITCHED: readonly EventDef[] = EVENTS.filter((def) => def !== TRACING_MARK_WRITE);

/** A file of tracefs. */
interface TracefsFile {
  read(): string;
  /** @returns 0 or a negative errno; null: it cannot be written */
  readonly write: ((text: string, append: boolean) => number) | null;
}

/** The trace of the shell's machine: what `trace`, `step` and the files of tracefs work on. @linux kernel/trace/trace.c */
export class Tracefs {
  /** Events that are enabled are kept. */
  on = true;
  readonly #machine: Machine;
  readonly #ring: EventRing;
  readonly #enabled = new Set<EventDef>();
  readonly #files: ReadonlyMap<string, TracefsFile>;
  #bufferKib = BUFFER_KIB;
  #watcher: ((line: string) => void) | null = null;
  readonly #listening = new Map<EventDef, { unsubscribe(): void }>();

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#ring = new EventRing(this.#capacity);
    this.#files = new Map<string, TracefsFile>([
      ['available_events', { read: () => SWITCHED.map(longName).sort().join('\n') + '\n', write: null }],
      ['buffer_size_kb', { read: () => `${this.#bufferKib}\n`, write: (text) => this.#setSize(text) }],
      ['current_tracer', { read: () => 'nop\n', write: (text) => (text.trim() === 'nop' ? 0 : -EINVAL) }],
      ['set_event', { read: () => this.#enabledNames(), write: (text, append) => this.#setEvent(text, append) }],
      ['trace', { read: () => this.text(), write: () => this.clear() }],
      ['trace_pipe', { read: () => asText(this.#ring.consume()), write: null }],
      ['trace_marker', { read: () => '', write: null }],
      ['tracing_on', { read: () => `${Number(this.on)}\n`, write: (text) => this.#setTracingOn(text) }],
      ...switches().map(([path, defs]): [string, TracefsFile] => [
        path,
        { read: () => `${this.#state(defs)}\n`, write: (text) => this.#switch(defs, text) },
      ]),
    ]);
    this.#listen();
  }

  /** Start to keep what happens, or stop. Without an event that is enabled, those of recorded traces are. */
  setOn(on: boolean): void {
    this.on = on;
    if (on && this.#enabled.size === 0)
      this.#enable(
        SWITCHED.filter(({ name }) => DEFAULT_EVENTS.includes(name)),
        true,
      );
    this.#listen();
  }

  /** Forget what was kept. @returns 0 */
  clear(): number {
    this.#ring.reset();
    return 0;
  }

  /** Show every event of recorded traces from now on, whether or not it is kept; null: no more. */
  watch(watcher: ((line: string) => void) | null): void {
    this.#watcher = watcher;
    this.#listen();
  }

  /** The text of the tracefs file `trace`. */
  text(): string {
    const lines = this.#ring.lines();
    return traceHeader(lines.length, this.#ring.written, this.#machine.sched.nrCpus) + asText(lines);
  }

  /** Read a file of tracefs; null if it is none of them. @param path absolute */
  read(path: string): string | null {
    return this.#file(path)?.read() ?? null;
  }

  /** The names in a directory of tracefs; null for any other path. @param path absolute */
  list(path: string): string[] | null {
    const dir = below(path);
    if (dir === null) return null;
    const names = new Set<string>();
    for (const file of this.#files.keys()) {
      if (dir === '') names.add(file.split('/', 1)[0]!);
      else if (file.startsWith(`${dir}/`)) names.add(file.slice(dir.length + 1).split('/', 1)[0]!);
    }
    return names.size === 0 ? null : [...names].sort();
  }

  /** Write a file of tracefs. @returns 0 or a negative errno; null if it is none of those that can be written */
  write(path: string, text: string, append: boolean): number | null {
    return this.#file(path)?.write?.(text, append) ?? null;
  }

  /** Is it the file whose writers leave marks? */
  isMarker(path: string): boolean {
    return below(path) === 'trace_marker';
  }

  /** Leave a mark, as the current task. @emits tracing_mark_write @linux kernel/trace/trace.c tracing_mark_write() */
  *mark(text: string): MaySleep<void> {
    const { hub } = this.#machine;
    const probe = hub.probe(TRACING_MARK_WRITE);
    if (probe.enabled) probe.emit(hub.intern(text.replace(/\n$/, '')));
  }

  #file(path: string): TracefsFile | undefined {
    const name = below(path);
    return name === null ? undefined : this.#files.get(name);
  }

  /** Lines that fit into the buffers of all CPUs. */
  get #capacity(): number {
    return Math.max(1, Math.floor((this.#bufferKib * 1024 * this.#machine.sched.nrCpus) / EVENT_BYTES));
  }

  /** Buffers of another size are empty. */
  #setSize(text: string): number {
    const kib = wholeNumber(text);
    if (!(kib >= 1)) return -EINVAL;
    this.#bufferKib = kib;
    this.#ring.reset(this.#capacity);
    return 0;
  }

  #setTracingOn(text: string): number {
    const value = wholeNumber(text);
    if (Number.isNaN(value)) return -EINVAL;
    this.on = value !== 0;
    this.#listen();
    return 0;
  }

  #enabledNames(): string {
    return asText([...this.#enabled].map(longName).sort());
  }

  /** Words are names with `*`, of a system or of an event; `!` before one disables. @linux kernel/trace/trace_events.c ftrace_set_clr_event() */
  #setEvent(text: string, append: boolean): number {
    if (!append) this.#enable(SWITCHED, false);
    let error = 0;
    for (const word of text.split(/\s+/)) {
      if (word === '') continue;
      const defs = matching(word.replace(/^!/, ''));
      if (defs.length === 0) error = -EINVAL;
      this.#enable(defs, !word.startsWith('!'));
    }
    this.#listen();
    return error;
  }

  /** `0`, `1`, or `X` for some. @linux kernel/trace/trace_events.c system_enable_read() */
  #state(defs: readonly EventDef[]): string {
    const enabled = defs.filter((def) => this.#enabled.has(def)).length;
    return enabled === 0 ? '0' : enabled === defs.length ? '1' : 'X';
  }

  #switch(defs: readonly EventDef[], text: string): number {
    const value = text.trim();
    if (value !== '0' && value !== '1') return -EINVAL;
    this.#enable(defs, value === '1');
    this.#listen();
    return 0;
  }

  #enable(defs: readonly EventDef[], on: boolean): void {
    for (const def of defs) {
      if (on) this.#enabled.add(def);
      else this.#enabled.delete(def);
    }
  }

  /** Events cost nothing while nobody wants them. */
  #listen(): void {
    for (const def of EVENTS) {
      const kept = this.on && (this.#enabled.has(def) || def === TRACING_MARK_WRITE);
      const wanted = kept || (this.#watcher !== null && DEFAULT_EVENTS.includes(def.name));
      const subscription = this.#listening.get(def);
      if (wanted && subscription === undefined) {
        this.#listening.set(
          def,
          this.#machine.hub.on(def).subscribe((event) => this.#take(def, traceLine(event))),
        );
      } else if (!wanted) {
        subscription?.unsubscribe();
        this.#listening.delete(def);
      }
    }
    checkSchedstatRequired(this.#machine.sched);
  }

  #take(def: EventDef, line: string): void {
    if (this.on && (this.#enabled.has(def) || def === TRACING_MARK_WRITE)) this.#ring.push(line);
    if (DEFAULT_EVENTS.includes(def.name)) this.#watcher?.(line);
  }
}

const longName = (def: EventDef): string => `${def.system}:${def.name}`;

/** Files that switch events: each of them, those of a system, all. */
function switches(): [string, readonly EventDef[]][] {
  const systems = [...new Set(SWITCHED.map(({ system }) => system))];
  return [
    ['events/enable', SWITCHED],
    ...systems.map((system): [string, EventDef[]] => [
      `events/${system}/enable`,
      SWITCHED.filter((def) => def.system === system),
    ]),
    ...SWITCHED.map((def): [string, EventDef[]] => [`events/${def.system}/${def.name}/enable`, [def]]),
  ];
}

/** The events that `sched:sched_switch`, `sched:*`, `sched:`, `sched` or `sched_switch` names. */
function matching(word: string): EventDef[] {
  const [first, second] = word.split(':', 2) as [string, string | undefined];
  const pattern = (text: string): RegExp =>
    new RegExp(
      `^${
        text
          .replace(/[^\w*?]/g, '')
          .replaceAll('*', '.*')
          .replaceAll('?', '.') || '.*'
      }$`,
    );
  if (second !== undefined) {
    return SWITCHED.filter((def) => pattern(first).test(def.system) && pattern(second).test(def.name));
  }
  return SWITCHED.filter((def) => pattern(first).test(def.system) || pattern(first).test(def.name));
}

/** The path inside of tracefs; null if it is somewhere else. */
function below(path: string): string | null {
  for (const mount of MOUNTS) if (path === mount || path.startsWith(`${mount}/`)) return path.slice(mount.length + 1);
  return null;
}

function wholeNumber(text: string): number {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : NaN;
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
