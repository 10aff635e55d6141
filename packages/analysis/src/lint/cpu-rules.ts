import { isEvent, SCHED_SWITCH, type SchedSwitchFields, type TraceEvent } from '@kernel-model/trace';
import type { Report, RuleSet } from './rule.ts';

/** A CPU as far as it is known. */
interface Cpu {
  atNs: number;
  /** Who runs there; null if that is not known. */
  pid: number | null;
  /** Who ran there before. */
  prevPid: number;
  /** The switch is not over: events may be from the one that leaves. */
  switching: boolean;
  /** Its stopper runs, which is the last that is seen of a CPU that goes offline; it comes back in its idle task. */
  stopped: boolean;
}

const IDLE = 0;

/** The rules about one CPU: its clock, and who runs there. */
export class CpuRules implements RuleSet {
  readonly #report: Report;
  readonly #cpus: (Cpu | undefined)[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  take(event: TraceEvent, line: number): void {
    const { at, cpu: n } = event;
    const cpu = (this.#cpus[n] ??= { atNs: at, pid: null, prevPid: -1, switching: false, stopped: false });
    if (at < cpu.atNs) this.#report('clock-backwards', event, line, `CPU ${n} was at ${cpu.atNs / 1e9} s already`);
    cpu.atNs = at;
    if (cpu.stopped && event.pid === IDLE) cpu.pid = IDLE;
    if (isEvent(event, SCHED_SWITCH)) this.#switch(event, line, cpu);
    else this.#context(event, line, cpu);
  }

  forget(): void {
    this.#cpus.length = 0;
  }

  /** Perf has no pid any more for a task that was reaped. */
  #context(event: TraceEvent, line: number, cpu: Cpu): void {
    const { pid, comm } = event;
    if (pid < 0) return;
    if (cpu.pid === null || cpu.pid === pid) {
      cpu.pid = pid;
      cpu.switching = false;
      return;
    }
    // a switch of address spaces comes after the event, and before the stack is the next task's
    if (cpu.switching && pid === cpu.prevPid) return;
    this.#report('not-current', event, line, `CPU ${event.cpu} runs ${cpu.pid}, and this is from ${comm}:${pid}`);
    cpu.pid = pid;
    cpu.switching = false;
  }

  #switch(event: TraceEvent<SchedSwitchFields>, line: number, cpu: Cpu): void {
    const { prev_pid, prev_comm, prev_state, next_pid, next_comm } = event.fields;
    const prev = `${prev_comm}:${prev_pid}`;
    if (cpu.pid !== null && cpu.pid !== prev_pid) {
      this.#report('prev-not-current', event, line, `CPU ${event.cpu} runs ${cpu.pid}, and leaves ${prev}`);
    } else if (event.pid >= 0 && event.pid !== prev_pid) {
      this.#report(
        'prev-not-current',
        event,
        line,
        `${event.comm}:${event.pid} runs, and CPU ${event.cpu} leaves ${prev}`,
      );
    }
    if (prev_pid === next_pid)
      this.#report('same-task', event, line, `${prev} is switched to ${next_comm}:${next_pid}`);
    if (prev_pid === IDLE && !prev_state.startsWith('R')) {
      this.#report('idle-task', event, line, `${prev} leaves in ${prev_state}`);
    }
    for (const [pid, comm] of [
      [prev_pid, prev_comm],
      [next_pid, next_comm],
    ] as const) {
      if (pid === IDLE && comm.startsWith('swapper/') && comm !== `swapper/${event.cpu}`) {
        this.#report('idle-task', event, line, `${comm} is on CPU ${event.cpu}`);
      }
    }
    cpu.pid = next_pid;
    cpu.prevPid = prev_pid;
    cpu.switching = true;
    cpu.stopped = next_comm === `migration/${event.cpu}`;
  }
}
