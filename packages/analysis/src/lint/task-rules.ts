import {
  isEvent,
  SCHED_MIGRATE_TASK,
  SCHED_PROCESS_EXIT,
  SCHED_PROCESS_FORK,
  SCHED_PROCESS_FREE,
  SCHED_SWITCH,
  SCHED_WAKEUP,
  SCHED_WAKEUP_NEW,
  SCHED_WAKING,
  SIGNAL_GENERATE,
  type SchedMigrateTaskFields,
  type SchedSwitchFields,
  type SchedWakeupFields,
  type TraceEvent,
} from '@kernel-model/trace';
import { CpuRules } from './cpu-rules.ts';
import { RtOrder } from './rt-order.ts';
import type { Report, RuleSet } from './rule.ts';

const RECORDER = 'perf:';

/** What is known of a task. */
interface Task {
  /** Where it is, null if that is not known. */
  cpu: number | null;
  running: boolean;
  /** The letter it went to sleep with; null if it is runnable or nothing is known. */
  asleep: string | null;
  /** A wakeup was seen since it was switched in. */
  woken: boolean;
  /** sched_waking was seen, and not yet sched_wakeup. */
  waking: boolean;
  /** It is runnable, and has not run since it became so. */
  ready: boolean;
  dead: boolean;
  /** A signal may keep it from sleeping, whatever state it goes to sleep in. */
  signalled: boolean;
}

/** The rules about tasks: where they are, whether they run, and what makes them run. */
export class TaskRules implements RuleSet {
  readonly #report: Report;
  readonly #cpus: CpuRules;
  readonly #rt: RtOrder;
  readonly #tasks = new Map<number, Task>();
  // which events the trace has at all
  #hasWaking = false;
  #hasWakeup = false;
  #hasMigrate = false;
  #hasBirth = false;
  #hasSignals = false;
  // CPUs in their stopper: that is the last that is seen of one that goes offline, and then it traces nothing
  readonly #stoppers = new Map<number, number>();
  // perf record switches its events off, CPU by CPU
  #closing = false;

  constructor(report: Report) {
    const unlessClosing: Report = (...finding) => {
      if (!this.#closing) report(...finding);
    };
    this.#report = unlessClosing;
    this.#cpus = new CpuRules(report);
    this.#rt = new RtOrder(this.#report);
  }

  take(event: TraceEvent, line: number): void {
    this.#cpus.take(event, line);
    if (isEvent(event, SCHED_SWITCH)) this.#switch(event, line);
    else if (isEvent(event, SCHED_WAKING)) this.#waking(event, line);
    else if (isEvent(event, SCHED_WAKEUP)) this.#wakeup(event, line);
    else if (isEvent(event, SCHED_WAKEUP_NEW)) this.#born(event);
    else if (isEvent(event, SCHED_MIGRATE_TASK)) this.#migrate(event, line);
    else if (isEvent(event, SCHED_PROCESS_FORK)) {
      this.#hasBirth = true;
      if (event.pid !== event.fields.parent_pid) {
        this.#report('not-parent', event, line, `${named(event)} runs, and ${event.fields.parent_pid} forks`);
      }
      this.#tasks.delete(event.fields.child_pid);
    } else if (isEvent(event, SCHED_PROCESS_EXIT)) {
      // perf has no pid any more for a task that was reaped
      if (event.pid >= 0 && event.pid !== event.fields.pid) {
        this.#report('not-self', event, line, `${named(event)} runs, and ${event.fields.pid} exits`);
      }
    } else if (isEvent(event, SCHED_PROCESS_FREE)) this.#rt.remove(event.fields.pid);
    else if (isEvent(event, SIGNAL_GENERATE)) {
      this.#hasSignals = true;
      // one for the group may go to any of its threads
      if (event.fields.group === 0) this.#task(event.fields.pid).signalled = true;
      else for (const task of this.#tasks.values()) task.signalled = true;
    }
  }

  forget(): void {
    this.#forgetTasks();
    this.#cpus.forget();
  }

  #forgetTasks(): void {
    this.#tasks.clear();
    this.#rt.forget();
  }

  #switch(event: TraceEvent<SchedSwitchFields>, line: number): void {
    const { prev_pid, prev_comm, prev_state, next_pid, next_comm } = event.fields;
    this.#stopper(event);
    if (prev_pid !== 0) {
      const prev = this.#task(prev_pid);
      this.#at(prev, event, line, prev_comm, prev_pid, event.cpu);
      this.#leaves(prev, prev_state, event.text.startsWith('prev_comm='));
    }
    if (next_pid !== 0) {
      const next = this.#task(next_pid);
      this.#comes(next, event, line, `${next_comm}:${next_pid}`);
      this.#at(next, event, line, next_comm, next_pid, event.cpu);
      next.running = true;
      next.asleep = null;
      next.woken = false;
      next.ready = false;
    }
    this.#rt.switched(event, line);
  }

  #stopper({ cpu, fields }: TraceEvent<SchedSwitchFields>): void {
    const stopper = this.#stoppers.get(cpu);
    // it is back online, in its idle task
    if (stopper !== undefined && stopper !== fields.prev_pid) this.#task(stopper).running = false;
    if (fields.next_comm === `migration/${cpu}`) this.#stoppers.set(cpu, fields.next_pid);
    else this.#stoppers.delete(cpu);
  }

  #leaves(prev: Task, state: string, kernelText: boolean): void {
    prev.running = false;
    prev.asleep = state.startsWith('R') ? null : state[0]!;
    // one that is preempted may have set its state already, and can be woken; perf's text does not tell it apart
    prev.ready = state === 'R' && kernelText;
    prev.dead = prev.asleep === 'X' || prev.asleep === 'Z';
  }

  #comes(next: Task, event: TraceEvent, line: number, name: string): void {
    if (next.dead && this.#hasBirth) this.#report('dead-task', event, line, `${name} has died, and runs`);
    else if (next.running && name.startsWith(RECORDER)) this.#closing = true;
    else if (next.running) {
      this.#report(
        'two-cpus',
        event,
        line,
        `${name} runs on CPU ${next.cpu} already, and is switched to on CPU ${event.cpu}`,
      );
    } else if (next.asleep !== null && !next.woken && this.#mustBeWoken(next)) {
      this.#report('asleep-runs', event, line, `${name} went to sleep in ${next.asleep}, and runs without a wakeup`);
    }
    next.dead = false;
  }

  /** With a signal pending, an interruptible sleep is none, and the trace shows the state all the same. */
  #mustBeWoken({ asleep, signalled }: Task): boolean {
    if (this.#unseenWakeups() || (!this.#hasWaking && !this.#hasWakeup)) return false;
    if (asleep === 'I' || asleep === 'P') return true;
    return (asleep === 'S' || asleep === 'D') && this.#hasSignals && !signalled;
  }

  /** A CPU that is on its way to be online wakes tasks, and traces nothing. */
  #unseenWakeups(): boolean {
    return this.#stoppers.size > 0;
  }

  #waking(event: TraceEvent<SchedWakeupFields>, line: number): void {
    this.#hasWaking = true;
    const { pid, comm, target_cpu } = event.fields;
    const task = this.#task(pid);
    const name = `${comm}:${pid}`;
    if (task.dead && this.#hasBirth) this.#report('dead-task', event, line, `${name} has died, and is woken`);
    else if (task.waking && this.#hasWakeup && !this.#unseenWakeups()) {
      this.#report('waking-twice', event, line, `${name} is woken before sched_wakeup has ended its last wakeup`);
    } else if (task.ready) {
      this.#report('waking-runnable', event, line, `${name} is runnable and has not run since, and is woken again`);
    }
    task.dead = false;
    this.#at(task, event, line, comm, pid, target_cpu);
    task.waking = true;
    task.woken = true;
  }

  #wakeup(event: TraceEvent<SchedWakeupFields>, line: number): void {
    this.#hasWakeup = true;
    const { pid, comm, target_cpu } = event.fields;
    const task = this.#task(pid);
    if (this.#hasWaking && !task.waking && task.asleep !== null && !this.#unseenWakeups()) {
      this.#report('not-waking', event, line, `${comm}:${pid} has a wakeup that did not begin with sched_waking`);
    }
    this.#at(task, event, line, comm, pid, target_cpu);
    task.waking = false;
    task.woken = true;
    task.asleep = null;
    // one that is woken on its way into sleep stays where it is
    task.ready = !task.running;
    if (!task.running) this.#rt.ready(event);
  }

  #born(event: TraceEvent<SchedWakeupFields>): void {
    this.#hasBirth = true;
    const { pid, target_cpu } = event.fields;
    this.#tasks.set(pid, { ...unknown(), cpu: target_cpu, woken: true, ready: true });
    this.#rt.ready(event);
  }

  #migrate(event: TraceEvent<SchedMigrateTaskFields>, line: number): void {
    const { pid, comm, orig_cpu, dest_cpu } = event.fields;
    // perf record goes from CPU to CPU to switch its events on: the one before was the only one with events
    if (comm === 'perf' && event.comm.startsWith('migration/')) this.#forgetTasks();
    this.#hasMigrate = true;
    const task = this.#task(pid);
    if (orig_cpu === dest_cpu) {
      this.#report('same-cpu', event, line, `${comm}:${pid} migrates from CPU ${orig_cpu} to CPU ${dest_cpu}`);
    }
    if (task.running) {
      this.#report(
        'running-migrates',
        event,
        line,
        `${comm}:${pid} runs on CPU ${task.cpu}, and migrates to CPU ${dest_cpu}`,
      );
    }
    this.#at(task, event, line, comm, pid, orig_cpu);
    task.cpu = dest_cpu;
    this.#rt.remove(pid);
  }

  /** The task is on this CPU. */
  #at(task: Task, event: TraceEvent, line: number, comm: string, pid: number, cpu: number): void {
    if (task.cpu !== null && task.cpu !== cpu && this.#hasMigrate) {
      this.#report('wrong-cpu', event, line, `${comm}:${pid} is on CPU ${task.cpu}, and this says CPU ${cpu}`);
    }
    task.cpu = cpu;
  }

  #task(pid: number): Task {
    let task = this.#tasks.get(pid);
    if (task === undefined) this.#tasks.set(pid, (task = unknown()));
    return task;
  }
}

function unknown(): Task {
  return {
    cpu: null,
    running: false,
    asleep: null,
    woken: false,
    waking: false,
    ready: false,
    dead: false,
    signalled: false,
  };
}

function named({ comm, pid }: TraceEvent): string {
  return `${comm}:${pid}`;
}
