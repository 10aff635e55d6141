import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DEFAULT_EVENTS, runScenario } from '@kernel-model/runner';
import { parseScenario } from '@kernel-model/scenario';
import { STATES, type RunData } from './protocol.ts';
import { TimelineModel } from '../timeline/model.ts';
import { PageShell } from './page-shell.ts';
import { Session } from './session.ts';

const NAMES = ['nice-share', 'lazy-tlb', 'stop-and-return', 'missed-flag', 'abba-deadlock'];
const textOf = (name: string): string =>
  readFileSync(new URL(`../../../../examples/${name}.yaml`, import.meta.url), 'utf8');

function ran(scenario: string, options = {}): { session: Session; data: RunData } {
  const session = new Session({ scenario, daemon: '', options }, null);
  let ms = 0;
  return {
    session,
    data: session.run(
      () => {},
      () => ms++,
    ),
  };
}

const RUNNING = STATES.indexOf('running');

describe.each(NAMES)('a session of %s', (name) => {
  const { session, data } = ran(textOf(name));
  const { lanes, spans, events } = data;

  test('has the trace that the command line writes', () => {
    const { trace } = runScenario(parseScenario(textOf(name), `${name}.yaml`), { events: DEFAULT_EVENTS });
    expect(session.trace()).toBe(trace);
  });

  test('has rows without gaps and without overlap from start to end', () => {
    for (const { first, count, kind } of lanes) {
      for (let i = first + 1; i < first + count; i++) expect(spans.start[i]).toBe(spans.end[i - 1]);
      for (let i = first; i < first + count; i++) expect(spans.end[i]).toBeGreaterThanOrEqual(spans.start[i]!);
      expect(spans.end[first + count - 1]).toBe(data.endNs);
      if (kind === 'cpu') expect(spans.start[first]).toBe(data.startNs);
    }
  });

  test('says the same of a task on its own row and on the row of its CPU', () => {
    const ranOn = (kind: 'cpu' | 'task'): string[] =>
      lanes
        .filter((lane) => lane.kind === kind)
        .flatMap((lane) =>
          Array.from({ length: lane.count }, (_, i) => lane.first + i)
            .filter((i) => spans.state[i] === RUNNING && spans.end[i]! > spans.start[i]!)
            .map((i) => {
              const [pid, cpu] = kind === 'cpu' ? [spans.who[i], lane.id] : [lane.id, spans.who[i]];
              return `${spans.start[i]} ${spans.end[i]} pid ${pid} cpu ${cpu}`;
            }),
        )
        .sort();
    expect(ranOn('task')).toEqual(ranOn('cpu'));
  });

  test('comes to the same state after an event whichever way one goes there', () => {
    const middle = Math.floor(events.count / 2);
    const straight = new Session(session.program, null);
    straight.run(
      () => {},
      () => 0,
    );
    const there = straight.snapshot(middle);
    session.snapshot(events.count - 1);
    session.snapshot(0);
    for (let i = Math.max(0, middle - 3); i < middle; i++) session.snapshot(i);
    expect(session.snapshot(middle)).toEqual(there);
  });

  test('shows on each queue who runs at that instant, at most one switch away from the event', () => {
    const model = new TimelineModel(data);
    for (let i = 0; i < events.count; i += 7) {
      for (const { cpu, rows } of session.snapshot(i).queues) {
        const lane = lanes[cpu]!;
        const span = model.spanAt(lane, events.at[i]!);
        const near = [span - 1, span, span + 1].filter((s) => s >= lane.first && s < lane.first + lane.count);
        expect(near.map((s) => spans.who[s])).toContain(rows[0]!.pid);
      }
    }
  });
});

test('a nice value for a thread changes its weight from its start', () => {
  const { session, data } = ran(textOf('nice-share'), { nice: { hog: -10 } });
  const snapshot = session.snapshot(Math.floor(data.events.count / 2));
  const hog = snapshot.tasks.find(({ comm }) => comm === 'hog');
  expect(hog?.nice).toBe(-10);
});

test('a search finds events by the text of their lines', () => {
  const { session, data } = ran(textOf('stop-and-return'));
  const found = [...session.find('SCHED_KTHREAD_STOP:')];
  expect(session.lines(found)).toHaveLength(1);
  expect(data.names[data.events.name[found[0]!]!]).toBe('sched_kthread_stop');
  expect([...session.find('no such text')]).toEqual([]);
});

test('a fork stands at the cursor and changes nothing of the session', () => {
  const { session } = ran(textOf('nice-share'));
  const before = session.snapshot(40);
  const machine = session.fork(40);
  // it stands at the end of the step that the event is in
  expect(machine.sim.now).toBeGreaterThanOrEqual(before.nowNs);
  expect(machine.sim.now).toBeLessThan(before.nowNs + 1e6);
  machine.runFor(50e6);
  expect(session.snapshot(41).nowNs).toBeLessThan(machine.sim.now);
});

test('a shell answers as of the event, as the snapshot does, until a command takes time', () => {
  const { session, data } = ran(textOf('nice-share'));
  const event = 40;
  const { nowNs, tasks } = session.snapshot(event);
  const shell = new PageShell(session);
  const read = shell.run('ps -eo pid=,stat=,comm=', event);
  const [pids, states] = [0, 1].map((i) =>
    read.text
      .trimEnd()
      .split('\n')
      .map((line) => line.trim().split(/ +/)[i]),
  );
  expect([read.nowNs, read.moved]).toEqual([nowNs, false]);
  expect(pids).toEqual(tasks.map(({ pid }) => String(pid)));
  expect(states).toEqual(tasks.map(({ stat }) => stat));
  // what was typed before counts, wherever the cursor is now
  shell.run('cat /no/such/file', event);
  expect(shell.run('echo $?', event + 9)).toMatchObject({ text: '1\n', nowNs: session.snapshot(event + 9).nowNs });
  const ran10 = shell.run('run 10ms; ps -C sh -o comm=', event);
  expect([ran10.text, ran10.moved]).toEqual(['sh\n', true]);
  expect(ran10.nowNs).toBeGreaterThanOrEqual(nowNs + 10e6);
  expect(shell.run('true', data.events.count - 1).nowNs).toBe(ran10.nowNs);
});
