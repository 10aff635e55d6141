import { POINT, UsageError, WRITE, type MaySleep, type Step } from '@kernel-model/sim';
import {
  Completion,
  Cpumask,
  Mutex,
  SCHED_BATCH,
  SCHED_DEADLINE,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RR,
  TASK_IDLE,
  TASK_INTERRUPTIBLE,
  TASK_RUNNING,
  TASK_UNINTERRUPTIBLE,
  WaitQueueHead,
  localBhDisable,
  localBhEnable,
  msecsToJiffies,
  reinitCompletion,
  type Task,
} from '@kernel-model/scheduler';
import { isErr } from '@kernel-model/kthread';
import { TRACING_MARK_WRITE, type Probe } from '@kernel-model/trace';
import type { Kernel, Machine } from '@kernel-model/machine';
import { CALLS, type CallName } from './calls.ts';
import type { ExploredChoices } from './explored.ts';
import { ScenarioKthreadWorkers } from './scenario-kthread-workers.ts';
import type { ScenarioUsers } from './scenario-users.ts';
import { ScenarioWorkqueues } from './scenario-workqueues.ts';
import type { CallStatement, Condition, Position, Scenario, Statement } from './program.ts';
import { isPolling } from './uses.ts';

const STATES: Readonly<Record<string, number>> = {
  TASK_RUNNING,
  TASK_INTERRUPTIBLE,
  TASK_UNINTERRUPTIBLE,
  TASK_IDLE,
};

const POLICIES: Readonly<Record<string, number>> = {
  SCHED_NORMAL,
  SCHED_FIFO,
  SCHED_RR,
  SCHED_BATCH,
  SCHED_IDLE,
  SCHED_DEADLINE,
};

/** Statements that one run may execute: a loop that never ends is stopped there. */
export const STATEMENT_LIMIT = 20_000_000;

/** What runs a function: the frame of one invocation. */
class Frame {
  /** Result of the last call that has one. */
  result = 0;
  /** Value of `return`, once it was executed. */
  returned: number | null = null;
  /** @param actor name in the marks */
  constructor(readonly actor: string) {}
}

/** What the interpreter of the recorded scenarios needs from one statement to the next, to begin a function, and after a call. */
const STEP_NS = 1750;
const BEGIN_NS = 1000;
const RETURN_NS = 2000;

/** Runs the functions of a scenario on a machine, as its kernel threads, and marks every call in the trace. */
export class Interpreter {
  readonly #k: Kernel;
  readonly #mark: Probe;
  readonly #completions = new Map<string, Completion>();
  readonly #mutexes = new Map<string, Mutex>();
  readonly #waitqueues = new Map<string, WaitQueueHead>();
  readonly #vars = new Map<string, { value: number }>();
  readonly #threads = new Map<string, Task>();
  readonly #workqueues: ScenarioWorkqueues;
  readonly #kthreadWorkers: ScenarioKthreadWorkers;
  /** On an explored machine: the statement that each task executes. */
  readonly #at = new Map<Task, Statement>();
  #statements = 0;

  constructor(
    readonly scenario: Scenario,
    readonly machine: Machine,
    readonly users: ScenarioUsers,
    readonly explored: ExploredChoices | null = null,
  ) {
    this.#k = machine.kernel;
    this.#workqueues = new ScenarioWorkqueues(scenario, machine.kernel, (fn, work) => this.runFn(fn, work));
    this.#kthreadWorkers = new ScenarioKthreadWorkers(scenario, machine.kernel, (fn, work) => this.runFn(fn, work));
    this.#mark = machine.hub.probe(TRACING_MARK_WRITE);
    for (const name of scenario.completions) this.#completions.set(name, new Completion(`completion ${name}`));
    for (const name of scenario.mutexes) this.#mutexes.set(name, new Mutex(`mutex ${name}`));
    for (const name of scenario.waitqueues) this.#waitqueues.set(name, new WaitQueueHead(`waitqueue ${name}`));
    for (const [name, value] of scenario.vars) this.#vars.set(name, { value });
  }

  /** Where a task is in the file; null if it executes nothing of it, and on a timed machine. */
  positionOf(task: Task): Position | null {
    return this.#at.get(task) ?? null;
  }

  /** Run a function as `actor`. @returns what it returns, 0 by default */
  *runFn(name: string, actor: string): MaySleep<number> {
    const body = name === 'main' ? this.scenario.main : this.scenario.functions.get(name)!;
    const f = new Frame(actor);
    yield* this.#write(`km ${actor} > fn ${name}`, BEGIN_NS);
    yield* this.#run(f, body);
    yield* this.#write(`km ${actor} < fn ${name} = ${f.returned ?? 0}`, STEP_NS);
    return f.returned ?? 0;
  }

  *#run(f: Frame, statements: readonly Statement[]): MaySleep<void> {
    for (const st of statements) {
      if (++this.#statements > STATEMENT_LIMIT) throw this.#endless(f, st);
      if (this.explored !== null) this.#at.set(this.#k.current, st);
      switch (st.kind) {
        case 'call':
          yield* this.#call(f, st);
          break;
        case 'while':
          while (f.returned === null && (yield* this.#holds(f, st.condition))) {
            yield* this.#run(f, st.body);
            if (this.explored !== null && isPolling(st)) this.machine.sim.relax();
            if (++this.#statements > STATEMENT_LIMIT) throw this.#endless(f, st);
          }
          break;
        case 'if':
          yield* this.#run(f, (yield* this.#holds(f, st.condition)) ? st.then : st.otherwise);
          break;
        case 'repeat':
          for (let i = 0; i < st.count && f.returned === null; i++) yield* this.#run(f, st.body);
          break;
      }
      if (f.returned !== null) return;
    }
  }

  #endless(f: Frame, st: Statement): UsageError {
    return new UsageError('ENDLESS_LOOP', {
      what: `${this.scenario.file}:${st.line}:${st.column}: ${f.actor} was still running after ${STATEMENT_LIMIT} statements.`,
      advice: 'Let the loop sleep, or end.',
    });
  }

  /** A condition costs a moment, so that a loop that only tests lets time pass. */
  *#holds(f: Frame, c: Condition): Step<boolean> {
    const { sim } = this.machine;
    sim.charge(TEST_NS);
    if (!sim.explored && sim.now >= sim.horizon) yield POINT;
    return (yield* this.#test(f, c)) !== c.negated;
  }

  *#test(f: Frame, c: Condition): Step<boolean> {
    switch (c.kind) {
      case 'kthread_should_stop':
        return yield* this.#k.kthreadShouldStop();
      case 'kthread_should_park':
        return yield* this.#k.kthreadShouldPark();
      case 'signal_pending':
        return this.#k.signalPending(this.#k.current);
      case 'var': {
        const value = yield* this.#load(c.name);
        return c.operator === 'ge' ? value >= c.value : value === c.value;
      }
      case 'result':
        return f.result === c.value;
    }
  }

  *#load(name: string): Step<number> {
    const v = this.#vars.get(name)!;
    const { sim } = this.machine;
    if (sim.pointLoad(v, name)) yield POINT;
    const stored = sim.buffered ? sim.forwarded(v, name) : null;
    return stored === null ? v.value : (stored.value as number);
  }

  /** One line of the trace. */
  *#write(text: string, sinceNs = STEP_NS): Step<void> {
    const { sim, hub, sched } = this.machine;
    sim.charge(sinceNs);
    if (this.#mark.enabled) this.#mark.emit(hub.internRecent(text));
    sched.recorded();
    if (!sim.explored && sim.now >= sim.horizon) yield POINT;
  }

  *#call(f: Frame, st: CallStatement): MaySleep<void> {
    if (st.call === 'kthread_use_mm') {
      yield* this.#useMm(f, st.args[0] as string);
      return;
    }
    if (st.call === 'kthread_unuse_mm') {
      yield* this.#unuseMm(f);
      return;
    }
    const spec = CALLS[st.call];
    const object = typeof spec.object === 'number' ? String(st.args[spec.object]) : (spec.object ?? '');
    const named = object === '' ? st.call : `${st.call} ${object}`;
    switch (spec.mark) {
      case 'none':
        yield* this.#perform(f, st);
        return;
      case 'note': {
        const value = (): string => (spec.value === null ? '' : ` ${this.#noteValue(st, spec.value)}`);
        if (spec.noteFirst) yield* this.#write(`km ${f.actor} = ${named}${value()}`);
        yield* this.#perform(f, st);
        if (!spec.noteFirst) yield* this.#write(`km ${f.actor} = ${named}${value()}`);
        return;
      }
      case 'enter/return':
        yield* this.#write(`km ${f.actor} > ${named}`);
        break;
      case 'result-only':
        break;
    }
    const result =
      this.explored !== null && MAKERS.includes(st.call) ? yield* this.#make(f, st) : yield* this.#perform(f, st);
    yield* this.#write(`km ${f.actor} < ${named} = ${result}`, RETURN_NS);
    if (spec.result) f.result = result;
  }

  /** Nothing happens, and nothing is marked, if the process has come to its end. */
  *#useMm(f: Frame, user: string): MaySleep<void> {
    if (this.users.mmOf(user) === null) return;
    yield* this.#write(`km ${f.actor} = kthread_use_mm ${user}`);
    const mm = this.users.mmOf(user);
    if (mm === null) return;
    this.#k.mmget(mm);
    this.#k.kthreadUseMm(mm);
  }

  *#unuseMm(f: Frame): MaySleep<void> {
    const mm = this.machine.mm.mmOf(this.#k.current);
    if (mm === null) return;
    this.#k.kthreadUnuseMm(mm);
    yield* this.#k.mmput(mm);
    yield* this.#write(`km ${f.actor} = kthread_unuse_mm`);
  }

  /** A call that makes threads, on an explored machine: one step, but for the first wakeup. */
  *#make(f: Frame, st: CallStatement): MaySleep<number> {
    const explored = this.explored!;
    const creation = this.#perform(f, st.call === 'kthread_run' ? { ...st, call: 'kthread_create' } : st);
    const result = yield* explored.asOneStep(creation);
    const p = CALLS[st.call].creates ? this.#threads.get(st.args[0] as string) : undefined;
    if (p === undefined || result !== 0) return result;
    explored.place(p);
    if (st.call === 'kthread_run') yield* this.#k.wakeUpProcess(p);
    return result;
  }

  #noteValue(st: CallStatement, value: number | 'new'): number {
    return value === 'new' ? this.#vars.get(st.args[0] as string)!.value : (st.args[value] as number);
  }

  /** Make the call. @returns what its mark says */
  *#perform(f: Frame, st: CallStatement): MaySleep<number> {
    const k = this.#k;
    const s = this.machine.sched;
    const a = st.args;
    const word = (i: number): string => a[i] as string;
    const number = (i: number): number => a[i] as number;
    switch (st.call) {
      case 'kthread_create':
        return this.#keep(word(0), yield* k.kthreadCreate(this.#threadFn(word(1), word(0)), null, word(0)));
      case 'kthread_run':
        return this.#keep(word(0), yield* k.kthreadRun(this.#threadFn(word(1), word(0)), null, word(0)));
      case 'kthread_create_on_cpu':
        return this.#keep(
          word(0),
          yield* k.kthreadCreateOnCpu(this.#threadFn(word(1), word(0)), null, number(2), word(0)),
        );
      case 'kthread_bind':
        yield* k.kthreadBind(this.#thread(st, 0), number(1));
        return 0;
      case 'wake_up_process':
        return Number(yield* k.wakeUpProcess(this.#thread(st, 0)));
      case 'kthread_stop':
        return yield* k.kthreadStop(this.#thread(st, 0));
      case 'kthread_park':
        return yield* k.kthreadPark(this.#thread(st, 0));
      case 'kthread_unpark':
        yield* k.kthreadUnpark(this.#thread(st, 0));
        return 0;
      case 'kthread_parkme':
        yield* k.kthreadParkme();
        return 0;
      case 'get_task_struct':
        k.getTaskStruct(this.#thread(st, 0));
        return 0;
      case 'put_task_struct':
        k.putTaskStruct(this.#thread(st, 0));
        return 0;
      case 'return':
        f.returned = number(0);
        return 0;
      case 'set_current_state':
        yield* k.setCurrentState(STATES[word(0)]!);
        return 0;
      case '__set_current_state':
        yield* k.__setCurrentState(STATES[word(0)]!);
        return 0;
      case 'smp_mb':
        yield* k.smpMb();
        return 0;
      case 'schedule':
        yield* k.schedule();
        return 0;
      case 'schedule_timeout':
        return Number((yield* k.scheduleTimeout(msecsToJiffies(number(0)))) > 0);
      case 'msleep':
        yield* k.msleep(number(0));
        return 0;
      case 'usleep_range':
        yield* k.usleepRange(number(0), number(0));
        return 0;
      case 'busy':
        yield* k.busy(number(0));
        return 0;
      case 'cond_resched':
        return yield* k.condResched();
      case 'yield':
        yield* k.yieldCpu();
        return 0;
      case 'remove_cpu':
        return yield* k.removeCpu(number(0));
      case 'add_cpu':
        return yield* k.addCpu(number(0));
      case 'preempt_disable':
        k.preemptDisable();
        return 0;
      case 'preempt_enable':
        yield* k.preemptEnable();
        return 0;
      case 'local_bh':
        localBhDisable(s);
        yield* k.busy(number(0));
        localBhEnable(s);
        return 0;
      case 'set_user_nice':
        k.setUserNice(this.#thread(st, 0), number(1));
        return 0;
      case 'sched_set_fifo':
        k.schedSetFifo(this.#thread(st, 0));
        return 0;
      case 'sched_set_fifo_low':
        k.schedSetFifoLow(this.#thread(st, 0));
        return 0;
      case 'sched_set_normal':
        k.schedSetNormal(this.#thread(st, 0), number(1));
        return 0;
      case 'sched_setattr':
        return this.#setattr(st);
      case 'set_cpus_allowed':
        return yield* k.setCpusAllowedPtr(this.#thread(st, 0), Cpumask.fromBits(number(1)));
      case 'complete':
        yield* k.complete(this.#completions.get(word(0))!);
        return 0;
      case 'complete_all':
        yield* k.completeAll(this.#completions.get(word(0))!);
        return 0;
      case 'reinit_completion':
        reinitCompletion(this.#completions.get(word(0))!);
        return 0;
      case 'wait_for_completion':
        yield* k.waitForCompletion(this.#completions.get(word(0))!);
        return 0;
      case 'wait_for_completion_timeout':
        return Number(
          (yield* k.waitForCompletionTimeout(this.#completions.get(word(0))!, msecsToJiffies(number(1)))) > 0,
        );
      case 'wait_for_completion_interruptible':
        return yield* k.waitForCompletionInterruptible(this.#completions.get(word(0))!);
      case 'try_wait_for_completion':
        return Number(yield* k.tryWaitForCompletion(this.#completions.get(word(0))!));
      case 'var_set':
        yield* this.#store(word(0), number(1));
        return 0;
      case 'var_add':
        yield* this.#add(word(0), number(1));
        return 0;
      case 'wake_up':
        yield* k.wakeUp(this.#waitqueues.get(word(0))!);
        return 0;
      case 'wake_up_all':
        yield* k.wakeUpAll(this.#waitqueues.get(word(0))!);
        return 0;
      case 'wait_event':
        yield* k.waitEvent(this.#waitqueues.get(word(0))!, this.#atLeast(word(1), number(2)));
        return 0;
      case 'wait_event_interruptible':
        return yield* k.waitEventInterruptible(this.#waitqueues.get(word(0))!, this.#atLeast(word(1), number(2)));
      case 'wait_event_timeout':
        return Number(
          (yield* k.waitEventTimeout(
            this.#waitqueues.get(word(0))!,
            this.#atLeast(word(1), number(2)),
            msecsToJiffies(number(3)),
          )) > 0,
        );
      case 'mutex_lock':
        yield* k.mutexLock(this.#mutexes.get(word(0))!);
        return 0;
      case 'mutex_unlock':
        yield* k.mutexUnlock(this.#mutexes.get(word(0))!);
        return 0;
      case 'mutex_trylock':
        return yield* k.mutexTrylock(this.#mutexes.get(word(0))!);
      case 'send_sig':
        return yield* k.sendSig(number(0), this.#thread(st, 1), 1);
      case 'allow_signal':
        yield* k.allowSignal(number(0));
        return 0;
      case 'flush_signals':
        yield* k.flushSignals(k.current);
        return 0;
      case 'print':
        return 0;
      default:
        return this.#modelled(st, (yield* this.#workqueues.perform(st)) ?? (yield* this.#kthreadWorkers.perform(st)));
    }
  }

  /** @param result null if nobody knows the call */
  #modelled(st: CallStatement, result: number | null): number {
    if (result !== null) return result;
    throw new UsageError('NOT_MODELLED', {
      what: `${this.scenario.file}:${st.line}:${st.column}: ${st.call} is not modelled yet.`,
    });
  }

  #threadFn(name: string, actor: string): () => MaySleep<number> {
    return () => this.runFn(name, actor);
  }

  /** Remember a new thread. @returns 0 or the error */
  #keep(name: string, p: Task | number): number {
    if (isErr(p)) return p;
    this.#threads.set(name, p);
    return 0;
  }

  /** @throws UsageError NO_SUCH_THREAD: in the kernel, a NULL pointer */
  #thread(st: CallStatement, i: number): Task {
    const name = st.args[i] as string;
    if (name === 'self') return this.#k.current;
    const p = this.#threads.get(name);
    if (p !== undefined) return p;
    throw new UsageError('NO_SUCH_THREAD', {
      what: `${this.scenario.file}:${st.line}:${st.column}: ${st.call}: the thread ${name} has not been created.`,
      linux: 'BUG: kernel NULL pointer dereference',
    });
  }

  *#store(name: string, value: number): Step<void> {
    const v = this.#vars.get(name)!;
    const { sim } = this.machine;
    if (sim.pointStore(v, name)) yield POINT;
    if (sim.buffered) sim.store(v, name, value, (stored) => void (v.value = stored));
    else v.value = value;
  }

  *#add(name: string, n: number): Step<void> {
    const v = this.#vars.get(name)!;
    if (this.machine.sim.point(v, name, WRITE)) yield POINT;
    v.value += n;
  }

  #atLeast(name: string, n: number): () => Step<boolean> {
    return () => this.#isAtLeast(name, n);
  }

  *#isAtLeast(name: string, n: number): Step<boolean> {
    return (yield* this.#load(name)) >= n;
  }

  #setattr(st: CallStatement): number {
    const [, policyName, a, b, c] = st.args as [string, string, number, number, number];
    const policy = POLICIES[policyName]!;
    const p = this.#thread(st, 0);
    const attr =
      policy === SCHED_DEADLINE
        ? { policy, runtime: a * 1000, deadline: b * 1000, period: c * 1000 }
        : { policy, nice: b, priority: a, runtime: c * 1000 };
    return this.#k.schedSetattrNocheck(p, attr);
  }
}

/** Calls that make threads. */
const MAKERS: readonly CallName[] = [
  'kthread_create',
  'kthread_run',
  'kthread_create_on_cpu',
  'kthread_create_worker',
  'kthread_create_worker_on_cpu',
  'alloc_workqueue',
];

/** What testing a condition costs, in ns. */
const TEST_NS = 100;
