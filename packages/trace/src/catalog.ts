import { EventDef } from './event-def.ts';
import * as events from './events.ts';
import type {
  HrtimerExpireEntryFields,
  HrtimerStartFields,
  SchedProcessFields,
  SchedStatRuntimeFields,
  SchedSwitchFields,
  SchedWakeupFields,
  TlbFlushFields,
} from './events.ts';
import { DECIMAL, POINTER, STRING, words, type FieldType } from './field-types.ts';

/** Every tracepoint of this package, by name. */
export const EVENTS: readonly EventDef[] = (Object.values(events) as unknown[])
  .filter((def): def is EventDef => def instanceof EventDef)
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const WAKEUP = { comm: STRING, pid: DECIMAL, prio: DECIMAL, target_cpu: DECIMAL };

// libtraceevent's plugin has a table of an old kernel: it prints W for I and x for P
const OLD_STATES: Readonly<Record<string, string>> = { W: 'I', x: 'P' };
const kernelState = (letter: string): string => OLD_STATES[letter] ?? letter;

/** Fields of cpu_idle. */
interface CpuIdleFields {
  readonly state: number;
  readonly cpu_id: number;
}

// events of real machines that the model has not, but other tools draw
const REAL_ONLY: readonly EventDef[] = [
  new EventDef<CpuIdleFields>('power', 'cpu_idle', 'state={state} cpu_id={cpu_id}', {
    state: DECIMAL,
    cpu_id: DECIMAL,
  }),
];

// formats of other kernels, and those that libtraceevent's plugins print in the place of the kernel's
const VARIANTS: readonly EventDef[] = [
  new EventDef<SchedSwitchFields>(
    'sched',
    'sched_switch',
    '{prev_comm}:{prev_pid} [{prev_prio}] {prev_state} ==> {next_comm}:{next_pid} [{next_prio}]',
    {
      prev_comm: STRING,
      prev_pid: DECIMAL,
      prev_prio: DECIMAL,
      prev_state: { ...STRING, pattern: '\\S+', parse: kernelState },
      next_comm: STRING,
      next_pid: DECIMAL,
      next_prio: DECIMAL,
    },
  ),
  ...['sched_waking', 'sched_wakeup', 'sched_wakeup_new'].flatMap((name) => [
    new EventDef<SchedWakeupFields>('sched', name, '{comm}:{pid} [{prio}] CPU:{target_cpu}', WAKEUP),
    new EventDef<SchedWakeupFields>('sched', name, '{comm}:{pid} [{prio}] success=1 CPU:{target_cpu}', WAKEUP),
    new EventDef<SchedWakeupFields>(
      'sched',
      name,
      'comm={comm} pid={pid} prio={prio} success=1 target_cpu={target_cpu}',
      WAKEUP,
    ),
  ]),
  new EventDef<SchedStatRuntimeFields & { readonly vruntime: number }>(
    'sched',
    'sched_stat_runtime',
    'comm={comm} pid={pid} runtime={runtime} [ns] vruntime={vruntime} [ns]',
    { comm: STRING, pid: DECIMAL, runtime: DECIMAL, vruntime: DECIMAL },
  ),
  new EventDef<TlbFlushFields>('tlb', 'tlb_flush', 'pages={pages} reason={reason}', {
    pages: DECIMAL,
    reason: events.TLB_FLUSH.fields[1]!.type as FieldType<number>,
  }),
  new EventDef<SchedProcessFields & { readonly group_dead: string }>(
    'sched',
    'sched_process_exit',
    'comm={comm} pid={pid} prio={prio} group_dead={group_dead}',
    { comm: STRING, pid: DECIMAL, prio: DECIMAL, group_dead: words(['false', 'true']) },
  ),
  new EventDef<Omit<HrtimerStartFields, 'was_armed'>>(
    'timer',
    'hrtimer_start',
    'hrtimer={hrtimer} function={function} expires={expires} softexpires={softexpires} mode={mode}',
    { hrtimer: POINTER, function: STRING, expires: DECIMAL, softexpires: DECIMAL, mode: STRING },
  ),
  new EventDef<Omit<HrtimerStartFields, 'was_armed' | 'mode'>>(
    'timer',
    'hrtimer_start',
    'hrtimer={hrtimer} function={function} expires={expires} softexpires={softexpires}',
    { hrtimer: POINTER, function: STRING, expires: DECIMAL, softexpires: DECIMAL },
  ),
  new EventDef<HrtimerExpireEntryFields>(
    'timer',
    'hrtimer_expire_entry',
    'hrtimer={hrtimer} now={now} function={function}',
    { hrtimer: POINTER, function: STRING, now: DECIMAL },
  ),
];

/** For each event name the formats that a reader tries, the kernel's own first. */
export const FORMATS: ReadonlyMap<string, readonly EventDef[]> = new Map(
  [...EVENTS, ...REAL_ONLY].map((def) => [def.name, [def, ...VARIANTS.filter((variant) => variant.name === def.name)]]),
);
