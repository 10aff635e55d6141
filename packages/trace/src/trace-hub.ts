import type { Sim } from '@kernel-model/sim';
import { Observable, Subject } from 'rxjs';
import type { EventDef } from './event-def.ts';
import { Probe } from './probe.ts';
import { AT, COMM, CPU, EVENT, FLAGS, PID, RECORD_SIZE, VALUES, type RecordSink } from './record.ts';
import { RecordWindow } from './record-window.ts';
import { FIRST_RECENT, OneText, StringTable, type Texts } from './string-table.ts';
import { TraceContext } from './trace-context.ts';
import { SimTraceEvent, type TraceEvent } from './trace-event.ts';
import type { TraceSelection } from './trace-selection.ts';

/**
 * The tracepoints of one machine: who emits, who listens, and in which order events are told.
 *
 * A probe only records. Records are delivered after a step, in order of (instant, order of emission): a CPU may have
 * run ahead of others by a part of a step, and its records wait until no earlier one can come any more. Where only
 * immediate sinks listen and nothing waits, a record goes to them at once.
 */
export class TraceHub {
  /** On whose behalf events are emitted. */
  readonly context: TraceContext = new TraceContext();
  /** Every event. Hot; completes when the hub is disposed of. Enables every tracepoint while subscribed. */
  readonly events$: Observable<TraceEvent>;
  /** The strings of this machine's events. */
  readonly strings: StringTable = new StringTable();
  /**
   * Called when an event has been recorded, with its index: in the middle of a step, when nothing of what follows has
   * happened yet. It may look at the machine and must not change it. null: nobody looks.
   */
  recorded: ((index: number) => void) | null = null;
  readonly #sim: Sim;
  readonly #window = new RecordWindow();
  readonly #probes: Probe[] = [];
  readonly #channels: Channel[] = [];
  readonly #byDef = new Map<EventDef, Channel>();
  readonly #all = new Subject<TraceEvent>();
  readonly #sinks: Attached[] = [];
  /** The record that goes to the sinks at once: always the same memory, which the processor has at hand. */
  readonly #record = new Float64Array(RECORD_SIZE);
  #nrAll = 0;
  #nrSubscriptions = 0;
  /** Only immediate sinks listen. */
  #immediate = false;
  #delivering = false;
  #disposed = false;

  constructor(sim: Sim) {
    this.#sim = sim;
    this.events$ = this.#counted(this.#all, (n) => this.#countAll(n));
    sim.afterStep(() => this.deliver());
  }

  /** How many listen: subscriptions of all streams, and sinks. 0 when the hub has been disposed of. */
  get nrListeners(): number {
    return this.#nrSubscriptions + this.#sinks.length;
  }

  /** Id of a text in this hub's string table. */
  intern(text: string): number {
    return this.strings.intern(text);
  }

  /**
   * Id of a text that may never come again, as that of a mark, for the first field of an event: it is forgotten when
   * nobody keeps records that name it.
   */
  internRecent(text: string): number {
    return this.strings.internRecent(text);
  }

  /** Text of an id of {@link intern} or {@link internRecent}. */
  text(id: number): string {
    return this.strings.text(id);
  }

  /** The probe of a tracepoint, the same for every caller. */
  probe(def: EventDef): Probe {
    return this.#channel(def).probe;
  }

  /** The tracepoint of a record's {@link EVENT}. */
  def(index: number): EventDef {
    return this.#probes[index]!.def;
  }

  /** The events of one tracepoint. Hot; completes when the hub is disposed of. Enables it while subscribed. */
  on<F extends object>(def: EventDef<F>): Observable<TraceEvent<F>> {
    const channel = this.#channel(def);
    channel.events$ ??= this.#counted((channel.subject = new Subject()), (n) => this.#count(channel, n));
    return channel.events$ as Observable<TraceEvent<F>>;
  }

  /**
   * Give records to a sink, from now on until the returned function is called.
   * @param selection which records; enables their tracepoints. Without it every record, which enables every tracepoint
   */
  attach(sink: RecordSink, selection: TraceSelection | null = null): () => void {
    const channels = selection === null ? null : selection.defs.map((def) => this.#channel(def));
    const attached = new Attached(sink, selection, channels?.map(({ probe }) => probe.index) ?? []);
    this.#sinks.push(attached);
    this.strings.keepRecent(sink.keeps ?? Infinity);
    this.#countSink(channels, 1);
    return () => {
      const i = this.#sinks.indexOf(attached);
      if (i < 0) return;
      this.#sinks.splice(i, 1);
      this.#countSink(channels, -1);
    };
  }

  /** Record an event; called by {@link Probe.emit}. */
  record(
    index: number,
    a0: number,
    a1: number,
    a2: number,
    a3: number,
    a4: number,
    a5: number,
    a6: number,
    a7: number,
  ): void {
    const c = this.context;
    const window = this.#window;
    const { now } = this.#sim;
    let data: Float64Array = this.#record;
    let o = 0;
    // nothing waits, and no other CPU can do anything before this instant any more
    const atOnce = this.#immediate && window.count === 0 && now <= this.#sim.horizon;
    if (!atOnce) {
      o = window.push(now);
      data = window.data;
    }
    data[o + AT] = now;
    data[o + CPU] = c.cpu;
    data[o + PID] = c.pid;
    data[o + COMM] = c.comm;
    data[o + FLAGS] = c.flags;
    data[o + EVENT] = index;
    data[o + VALUES] = a0;
    data[o + VALUES + 1] = a1;
    data[o + VALUES + 2] = a2;
    data[o + VALUES + 3] = a3;
    data[o + VALUES + 4] = a4;
    data[o + VALUES + 5] = a5;
    data[o + VALUES + 6] = a6;
    data[o + VALUES + 7] = a7;
    if (atOnce) this.#sinksTake(data, 0);
    if (this.recorded !== null) this.recorded(index);
  }

  /** Tell the listeners every record that no later step can precede. The hub does this after each step. */
  deliver(): void {
    // an explored machine has one instant, and the order of steps is the order of events
    if (this.#window.count > 0) this.#deliverUntil(this.#sim.explored ? Infinity : this.#sim.nextAtNs);
    for (let i = 0; i < this.#sinks.length; i++) this.#sinks[i]!.sink.stepOver?.();
  }

  /** Tell the listeners every record: when the machine has stopped. */
  flush(): void {
    this.#deliverUntil(Infinity);
  }

  /** The event of a record that begins at `data[offset]`. */
  event(data: Float64Array, offset: number): TraceEvent {
    const def = this.#probes[data[offset + EVENT]!]!.def;
    const pid = data[offset + PID]!;
    return new SimTraceEvent(
      data[offset + AT]!,
      data[offset + CPU]!,
      pid,
      pid === 0 ? '<idle>' : this.strings.text(data[offset + COMM]!),
      data[offset + FLAGS]!,
      def,
      valuesOf(data, offset + VALUES),
      this.#stringsOf(def, data[offset + VALUES]!),
    );
  }

  /** An event may be kept for longer than a text that came but once. */
  #stringsOf(def: EventDef, first: number): Texts {
    if (first < FIRST_RECENT || def.fields[0]?.type.kind !== 'string') return this.strings;
    return new OneText(this.strings.text(first));
  }

  /** Deliver what is left, complete every stream, and record nothing any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.flush();
    this.#disposed = true;
    this.#sinks.length = 0;
    this.#all.complete();
    for (const channel of this.#channels) channel.subject?.complete();
    for (const probe of this.#probes) probe.enabled = false;
    this.#window.clear();
  }

  #deliverUntil(atNs: number): void {
    if (this.#delivering) return;
    this.#delivering = true;
    const window = this.#window;
    try {
      while (window.count > 0 && window.firstAtNs <= atNs) {
        const offset = window.shift();
        this.#tell(window.data, offset);
      }
    } finally {
      // a sink that throws ends the run, and the rest can still be told
      this.#delivering = false;
    }
  }

  #tell(data: Float64Array, offset: number): void {
    this.#sinksTake(data, offset);
    const subject = this.#channels[data[offset + EVENT]!]!.subject;
    const all = this.#all;
    const one = subject?.observed === true;
    if (!one && !all.observed) return;
    const event = this.event(data, offset);
    if (all.observed) all.next(event);
    if (one) subject.next(event);
  }

  #sinksTake(data: Float64Array, offset: number): void {
    const sinks = this.#sinks;
    for (let i = 0; i < sinks.length; i++) {
      const attached = sinks[i]!;
      if (attached.wants(data, offset)) attached.sink.take(data, offset);
    }
  }

  #channel(def: EventDef): Channel {
    let channel = this.#byDef.get(def);
    if (channel === undefined) {
      channel = new Channel(new Probe(this, def, this.#probes.length));
      this.#probes.push(channel.probe);
      this.#channels.push(channel);
      this.#byDef.set(def, channel);
      this.#enable(channel);
    }
    return channel;
  }

  #countSink(channels: readonly Channel[] | null, n: number): void {
    if (channels === null) this.#countAll(n);
    else for (const channel of channels) this.#count(channel, n);
    this.#lookWhoListens();
  }

  #count(channel: Channel, n: number): void {
    channel.nr += n;
    this.#enable(channel);
  }

  #countAll(n: number): void {
    this.#nrAll += n;
    for (const channel of this.#channels) this.#enable(channel);
  }

  #enable(channel: Channel): void {
    channel.probe.enabled = !this.#disposed && this.#nrAll + channel.nr > 0;
  }

  /** The subject's events as a stream that says when subscriptions come and go. */
  #counted(subject: Subject<TraceEvent>, count: (n: number) => void): Observable<TraceEvent> {
    const subscribed = (n: number): void => {
      count(n);
      this.#nrSubscriptions += n;
      this.#lookWhoListens();
    };
    return new Observable((subscriber) => {
      subscribed(1);
      const subscription = subject.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        subscribed(-1);
      };
    });
  }

  #lookWhoListens(): void {
    this.#immediate = this.#nrSubscriptions === 0 && this.#sinks.every(({ sink }) => sink.immediate === true);
  }
}

/** The values of the fields, to keep: what is behind the last field is no matter. */
function valuesOf(data: Float64Array, o: number): readonly number[] {
  return [data[o]!, data[o + 1]!, data[o + 2]!, data[o + 3]!, data[o + 4]!, data[o + 5]!, data[o + 6]!, data[o + 7]!];
}

/** One tracepoint of a hub. */
class Channel {
  // made when somebody asks for the events
  subject: Subject<TraceEvent> | null = null;
  events$: Observable<TraceEvent> | null = null;
  nr = 0;

  constructor(readonly probe: Probe) {}
}

/** A sink of a hub, and what it wants. */
class Attached {
  readonly #selection: TraceSelection | null;
  // by the index of an event
  readonly #wanted: boolean[] = [];

  constructor(
    readonly sink: RecordSink,
    selection: TraceSelection | null,
    indices: readonly number[],
  ) {
    this.#selection = selection;
    for (const index of indices) this.#wanted[index] = true;
  }

  wants(data: Float64Array, offset: number): boolean {
    const selection = this.#selection;
    if (selection === null) return true;
    return this.#wanted[data[offset + EVENT]!] === true && data[offset + AT]! <= selection.untilNs;
  }
}
