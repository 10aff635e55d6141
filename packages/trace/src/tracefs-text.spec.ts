import { describe, expect, test } from '@jest/globals';
import { World } from '../test/world.ts';
import {
  flagsText,
  formatTrace,
  parseFlags,
  readTrace,
  SCHED_SWITCH,
  SCHED_WAKEUP,
  SCHED_WAKING,
  TRACE_FLAG_HARDIRQ,
  TRACE_FLAG_IRQS_OFF,
  TRACE_FLAG_NEED_RESCHED,
  TRACE_FLAG_PREEMPT_RESCHED,
  TRACE_PREEMPT_SHIFT,
  TracefsTextSink,
  TraceRecorder,
  writeTrace,
} from './index.ts';

const HEADER = `# tracer: nop
#
# entries-in-buffer/entries-written: 2/2   #P:2
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
`;
// as a real kernel printed them
const LINES = `         km_main-598     [000] d..2.     3.283582: sched_switch: prev_comm=km_main prev_pid=598 prev_prio=120 prev_state=D ==> next_comm=swapper/0 next_pid=0 next_prio=120
          <idle>-0       [001] dNh2.     3.283588: sched_wakeup: comm=rcu_preempt pid=18 prio=120 target_cpu=001
`;

function emitting(): World {
  const world = new World();
  const { hub } = world;
  const sched = hub.probe(SCHED_SWITCH);
  const wakeup = hub.probe(SCHED_WAKEUP);
  world.at(3_283_581_500, 0, 598, 'km_main', () => {
    hub.context.flags = TRACE_FLAG_IRQS_OFF | (2 << TRACE_PREEMPT_SHIFT);
    sched.emit(hub.intern('km_main'), 598, 120, hub.intern('D'), hub.intern('swapper/0'), 0, 120);
  });
  world.at(3_283_588_499, 1, 0, 'swapper/1', () => {
    hub.context.flags =
      TRACE_FLAG_IRQS_OFF |
      TRACE_FLAG_NEED_RESCHED |
      TRACE_FLAG_PREEMPT_RESCHED |
      TRACE_FLAG_HARDIRQ |
      (2 << TRACE_PREEMPT_SHIFT);
    wakeup.emit(hub.intern('rcu_preempt'), 18, 120, 1);
  });
  return world;
}

describe('the tracefs text of a machine', () => {
  test('is that of a real kernel, written from records', () => {
    const world = emitting();
    const recorder = new TraceRecorder(world.hub);
    world.run();
    let text = '';
    writeTrace(recorder, 2, { write: (piece) => (text += piece) });
    expect(text).toBe(HEADER + LINES);
    expect(formatTrace(recorder.events())).toBe(text);
  });

  test('comes as it happens, the head at the end', () => {
    const world = emitting();
    let text = '';
    const sink = new TracefsTextSink(world.hub, { write: (piece) => (text += piece) });
    world.run();
    sink.end();
    expect(text).toBe(LINES);
    expect(sink.header(2)).toBe(HEADER);
  });

  test('is that of its events one by one, however tasks, CPUs, flags and instants alternate', () => {
    const world = new World();
    const waking = world.hub.probe(SCHED_WAKING);
    for (let i = 0; i < 3000; i++) {
      const pid = (i * 7) % 331;
      world.at(i * 777_777, (i * 3) % 5, pid, `task/${pid % 300}`, () => {
        world.hub.context.flags = i % 3;
        waking.emit(world.hub.intern(`wakee/${i % 90}`), i % 300, 120, i % 5);
      });
    }
    const recorder = new TraceRecorder(world.hub);
    let text = '';
    const sink = new TracefsTextSink(world.hub, { write: (piece) => (text += piece) });
    world.run();
    sink.end();
    expect(sink.header(5) + text).toBe(formatTrace(recorder.events()));
  });

  test('is written between steps only', () => {
    const world = new World();
    const waking = world.hub.probe(SCHED_WAKING);
    const pieces: number[] = [];
    const sink = new TracefsTextSink(world.hub, { write: (piece) => void pieces.push(piece.length) });
    world.at(1, 0, 1, 'init', () => {
      for (let i = 0; i < 5000; i++) waking.emit(0, i, 120, 0);
      expect(pieces).toEqual([]);
    });
    world.run();
    expect(pieces).toHaveLength(1);
    sink.end();
    expect(pieces).toHaveLength(1);
  });

  test('reads back as the same events', () => {
    const world = emitting();
    const recorder = new TraceRecorder(world.hub);
    world.run();
    const { events } = readTrace(formatTrace(recorder.events()));
    const simulated = recorder.events();
    expect(events.map((e) => e.fields)).toEqual(simulated.map((e) => e.fields));
    expect(events.map((e) => [e.cpu, e.pid, e.comm, e.flags])).toEqual(
      simulated.map((e) => [e.cpu, e.pid, e.comm, e.flags]),
    );
    expect(events.map((e) => e.at)).toEqual([3_283_582_000, 3_283_588_000]);
  });
});

test.each(['.....', 'd..2.', 'dNh2.', '..s1.', 'dNH6.', 'D.s3.', '.N...', 'bnz.1', 'dpZf.'])(
  'the context columns %s survive',
  (text) => {
    expect(flagsText(parseFlags(text))).toBe(text);
  },
);
