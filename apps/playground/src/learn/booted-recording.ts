import type { Machine } from '@kernel-model/machine';
import { RECORD_SIZE, traceLine } from '@kernel-model/trace';
import { Records } from '../engine/columns.ts';
import { buildLanes, type InitialTask } from '../engine/lanes.ts';
import type { RunData } from '../engine/protocol.ts';
import { initialTasks } from '../engine/session.ts';

/** Most events of a machine that boots. */
const MAX_EVENTS = 200_000;

/** What the timeline shows of a machine that is driven by a program. */
export class BootedRecording {
  readonly #machine: Machine;
  readonly #title: string;
  readonly #records: Records;
  readonly #initial: readonly InitialTask[];
  readonly #startNs: number;

  /** Records from now on. */
  constructor(machine: Machine, title: string) {
    this.#machine = machine;
    this.#title = title;
    this.#records = new Records(machine.hub, MAX_EVENTS);
    this.#initial = initialTasks(machine);
    this.#startNs = machine.sim.now;
    machine.hub.attach(this.#records);
  }

  /** The recording up to now. */
  finish(): RunData {
    const { hub, sim, sched } = this.#machine;
    hub.flush();
    const names: string[] = [];
    const events = this.#records.columns((event) => {
      const { name } = hub.def(event);
      const i = names.indexOf(name);
      return i >= 0 ? i : names.push(name) - 1;
    });
    // a CPU may have been a part of a step behind when the recording began
    const startNs = Math.min(this.#startNs, events.at[0] ?? Infinity);
    const endNs = Math.max(startNs + 1, sim.now);
    const lanes = buildLanes(this.#records, hub, {
      fromNs: startNs,
      toNs: endNs,
      cpus: sched.nrCpus,
      initial: this.#initial,
      own: [],
      frozen: new Set(),
    });
    const bug = sched.reports.lines.find(({ level }) => level === 'bug' || level === 'warn');
    return {
      title: this.#title,
      cpus: sched.nrCpus,
      preempt: 'voluntary',
      startNs,
      endNs,
      names,
      events,
      ...lanes,
      ended: { kind: bug === undefined ? 'ok' : 'warn', message: bug?.text ?? '', details: [] },
      threads: [],
      tookMs: 0,
    };
  }

  /** Lines of the trace, by the numbers of their events. */
  lines(): readonly string[] {
    const { hub } = this.#machine;
    return Array.from({ length: this.#records.count }, (_, i) =>
      traceLine(hub.event(this.#records.data, i * RECORD_SIZE)),
    );
  }
}
