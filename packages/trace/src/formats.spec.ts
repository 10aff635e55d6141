import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { EVENTS, readTrace, formatTrace, type EventDef } from './index.ts';

// texts that a real 6.12 printed
const REAL = `
sched_switch: prev_comm=km_main prev_pid=670 prev_prio=120 prev_state=R+ ==> next_comm=t1 next_pid=675 next_prio=120
sched_waking: comm=kthreadd pid=2 prio=120 target_cpu=001
sched_wakeup: comm=rcu_preempt pid=18 prio=120 target_cpu=001
sched_wakeup_new: comm=w1 pid=602 prio=120 target_cpu=000
sched_migrate_task: comm=w1 pid=602 prio=120 orig_cpu=0 dest_cpu=1
sched_process_fork: comm=kthreadd pid=2 child_comm=w1 child_pid=602
sched_process_exit: comm=w1 pid=602 prio=120
sched_process_free: comm=w1 pid=602 prio=120
sched_stat_runtime: comm=trace-cmd pid=231 runtime=2919760 [ns]
sched_kthread_stop: comm=w1 pid=602
sched_kthread_stop_ret: ret=-4
sched_kthread_work_queue_work: work struct=00000000f8ccd299 function=kw_fn [kmo] worker=(____ptrval____)
sched_kthread_work_execute_start: work struct (____ptrval____): function kw_fn [kmo]
sched_kthread_work_execute_end: work struct (____ptrval____): function kthread_flush_work_fn
sched_wake_idle_without_ipi: cpu=2
workqueue_queue_work: work struct=(____ptrval____) function=delayed_fput workqueue=events req_cpu=8192 cpu=-1
workqueue_activate_work: work struct (____ptrval____) function=delayed_fput${' '}
workqueue_execute_start: work struct (____ptrval____): function vmstat_update
signal_generate: sig=17 errno=0 code=1 comm=init pid=1 grp=1 res=0
signal_deliver: sig=17 errno=0 code=1 sa_handler=525892 sa_flags=4000000
softirq_raise: vec=9 [action=RCU]
irq_handler_exit: irq=4 ret=handled
tlb_flush: pages:-1 reason:flush on task switch (0)
mm_vmscan_wakeup_kswapd: nid=0 order=0 gfp_flags=none
task_newtask: pid=32217 comm=kworker/R-xfs-b clone_flags=800700 oom_score_adj=0
`;

// made by hand from the format strings: the recorded machines had these events off
const BY_FORMAT = `
timer_start: timer=00000000f8ccd299 function=delayed_work_timer_fn expires=4294893000 [timeout=250] bucket_expiry=4294893056 cpu=1 idx=127 flags=P|I
timer_start: timer=00000000f8ccd299 function=process_timeout expires=4294893000 [timeout=-1] bucket_expiry=4294893056 cpu=1 idx=127 flags=
timer_expire_entry: timer=00000000f8ccd299 function=process_timeout now=4294893000 baseclk=4294893000
hrtimer_init: hrtimer=00000000f8ccd299 clockid=CLOCK_MONOTONIC mode=REL|PINNED|HARD
hrtimer_start: hrtimer=00000000f8ccd299 function=tick_nohz_handler expires=23532000000 softexpires=23532000000 mode=ABS was_armed=0
hrtimer_expire_entry: hrtimer=00000000f8ccd299 function=tick_nohz_handler now=23532095735
ipi_send_cpu: cpu=1 callsite=native_smp_send_reschedule+0x1f/0x40 callback=0x0
cpuhp_enter: cpu: 0001 target: 238 step:   1 (smpboot_create_threads)
cpuhp_exit:  cpu: 0001  state:  40 step:   1 ret: 0
mm_compaction_wakeup_kcompactd: nid=0 order=3 classzone_idx=Normal${'  '}
tracing_mark_write: km main > fn main
`;

const byName = new Map<string, EventDef>(EVENTS.map((def) => [def.name, def]));
const lines = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]);

describe('the format of', () => {
  test.each([...lines(REAL), ...lines(BY_FORMAT)])('%s reads and prints %j', (name, text) => {
    const def = byName.get(name!)!;
    const fields = def.parse(text!);
    expect(fields).not.toBeNull();
    expect(def.text(fields!)).toBe(text);
  });

  test('sched_switch gives its fields the names of the kernel', () => {
    const def = byName.get('sched_switch')!;
    const text = lines(REAL)[0]![1]!;
    expect(def.parse(text)).toEqual({
      prev_comm: 'km_main',
      prev_pid: 670,
      prev_prio: 120,
      prev_state: 'R+',
      next_comm: 't1',
      next_pid: 675,
      next_prio: 120,
    });
    expect(def.parse('prev_comm=x')).toBeNull();
  });

  test('a comm may hold what looks like a field', () => {
    const def = byName.get('sched_waking')!;
    const text = 'comm=a pid=1 b pid=77 prio=120 target_cpu=003';
    expect(def.parse(text)).toEqual({ comm: 'a pid=1 b', pid: 77, prio: 120, target_cpu: 3 });
  });

  test('workqueue_activate_work is known without the space that ends it', () => {
    const def = byName.get('workqueue_activate_work')!;
    expect(def.parse('work struct 1 function=f')).toEqual({ work: '1', function: 'f' });
    expect(def.parse('work struct 1 function=f ')).toEqual({ work: '1', function: 'f' });
  });

  test.each([
    ['sched_stat_runtime', 'comm=a b pid=7 runtime=2919760 [ns] vruntime=99887766 [ns]', { pid: 7, runtime: 2919760 }],
    ['sched_wakeup', 'comm=a pid=7 prio=120 success=1 target_cpu=003', { pid: 7, target_cpu: 3 }],
    ['sched_process_exit', 'comm=a pid=7 prio=120 group_dead=true', { pid: 7, prio: 120 }],
    ['tlb_flush', 'pages=-1 reason=flush on task switch (0)', { pages: -1, reason: 0 }],
    ['tlb_flush', 'pages:-1 reason:remote wrong CPU (5)', { pages: -1, reason: 5 }],
  ])('%s is read in the words of other kernels and tools: %s', (name, text, fields) => {
    const line = `  a-7  [000] .....  1.000001: ${name}: ${text}\n`;
    expect(readTrace(line).events[0]!.fields).toMatchObject(fields);
  });

  test('every event is known under one name, and has a type for each field', () => {
    expect(byName.size).toBe(EVENTS.length);
    for (const def of EVENTS) for (const field of def.fields) expect(field.type).toBeDefined();
  });
});

test('a real trace file is read and written back byte for byte', () => {
  const text = readFileSync(new URL('../test/data/kworker-queue-flush.trace', import.meta.url), 'utf8');
  const { events, nrCpus, errors, format } = readTrace(text);
  expect({ errors, format, nrCpus }).toEqual({ errors: [], format: 'tracefs', nrCpus: 2 });
  expect(formatTrace(events, nrCpus)).toBe(text);
  for (const event of events) {
    const def = byName.get(event.name);
    if (def !== undefined) expect(def.text(event.fields)).toBe(event.text);
  }
});
