import { describe, expect, test } from '@jest/globals';
import { World } from '../test/world.ts';
import {
  StringTable,
  TRACING_MARK_WRITE,
  TraceRecorder,
  TraceRing,
  TracefsTextSink,
  type TraceEvent,
} from './index.ts';

const MANY = 20_000;

/** A world that writes so many marks, each with a text of its own. */
function marking(count: number): World {
  const world = new World();
  const mark = world.hub.probe(TRACING_MARK_WRITE);
  for (let i = 0; i < count; i++) {
    world.at(i, 0, 5, 'a', () => {
      if (mark.enabled) mark.emit(world.hub.internRecent(`turn ${i}`));
    });
  }
  return world;
}

const all = (): string[] => Array.from({ length: MANY }, (_, i) => `turn ${i}`);

describe('a text that came once', () => {
  test('has the same id while it is known, and is forgotten when many others have come', () => {
    const strings = new StringTable();
    const id = strings.internRecent('first');
    expect([strings.internRecent('first'), strings.text(id)]).toEqual([id, 'first']);
    for (let i = 0; i < MANY; i++) strings.internRecent(`turn ${i}`);
    expect(strings.text(id)).toBe('?');
    expect(strings.internRecent('first')).not.toBe(id);
  });

  test('stays known while it comes again', () => {
    const strings = new StringTable();
    const id = strings.internRecent('often');
    for (let i = 0; i < MANY; i++) {
      strings.internRecent(`turn ${i}`);
      expect(strings.internRecent('often')).toBe(id);
    }
    expect(strings.text(id)).toBe('often');
  });

  test('is no text that is kept for ever', () => {
    const strings = new StringTable();
    expect(strings.internRecent('a')).not.toBe(strings.intern('a'));
    expect(strings.text(strings.intern('a'))).toBe('a');
  });

  test('is known as long as a record that names it: in a ring, a recorder, and in events', () => {
    const world = marking(MANY);
    const events: TraceEvent[] = [];
    world.hub.on(TRACING_MARK_WRITE).subscribe((event) => events.push(event));
    const ring = new TraceRing(world.hub, 10_000);
    world.run();
    expect(events.map(({ text }) => text)).toEqual(all());
    expect(ring.events().map(({ text }) => text)).toEqual(all().slice(-10_000));
    const recorded = marking(MANY);
    const recorder = new TraceRecorder(recorded.hub);
    recorded.run();
    expect(recorder.events().map(({ text }) => text)).toEqual(all());
  });

  test('is in the text of a trace, whatever comes later', () => {
    const world = marking(MANY);
    let text = '';
    const sink = new TracefsTextSink(world.hub, { write: (piece) => (text += piece) });
    world.run();
    sink.end();
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/.*mark_write: /, '')),
    ).toEqual(all());
  });
});
