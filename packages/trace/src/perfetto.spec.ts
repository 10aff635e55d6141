import { describe, expect, test } from '@jest/globals';
import { kernelText, readTrace, writePerfetto } from './index.ts';

/** A message as protobuf's decoders see it without a schema: by field its values; [bytes] for what has a length. */
type Message = Record<number, (bigint | Uint8Array)[]>;

function decode(bytes: Uint8Array): Message {
  const message: Message = {};
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const values = (message[key >> 3] ??= []);
    if ((key & 7) === 0) values.push(varint());
    else if ((key & 7) === 1) {
      values.push(new DataView(bytes.buffer, bytes.byteOffset + at).getBigUint64(0, true));
      at += 8;
    } else {
      const length = Number(varint());
      values.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return message;
}

const sub = (value: bigint | Uint8Array | undefined): Message => decode(value as Uint8Array);
const text = (value: bigint | Uint8Array | undefined): string => Buffer.from(value as Uint8Array).toString();

/** The packets of a trace that was read from text. */
function packets(trace: string): Message[] {
  const pieces: Buffer[] = [];
  writePerfetto(readTrace(trace).events, { write: (bytes) => void pieces.push(Buffer.from(bytes)) });
  return (decode(Buffer.concat(pieces))[1] ?? []).map((packet) => sub(packet));
}

const TRACE = `        kthreadd-2       [001] d..2.     1.000002: sched_switch: prev_comm=kthreadd prev_pid=2 prev_prio=120 prev_state=S ==> next_comm=kworker/1:0 next_pid=9 next_prio=120
            bash-77      [000] d..1.     1.000001: workqueue_queue_work: work struct=00000000abcdef12 function=my_fn workqueue=events req_cpu=8192 cpu=1
     kworker/1:0-9       [001] .....     1.000004: workqueue_execute_start: work struct 00000000abcdef12: function my_fn
     kworker/1:0-9       [001] .....     1.000005: sched_kthread_stop_ret: ret=-4
     kworker/1:0-9       [001] .....     1.000006: tracing_mark_write: Grüße
`;

describe('a Perfetto trace', () => {
  const all = packets(TRACE);
  const bundles = all.filter((packet) => 1 in packet).map((packet) => sub(packet[1]![0]));
  const events = bundles.flatMap((bundle) => (bundle[2] ?? []).map((event) => sub(event)));

  test('names the release, by which Perfetto reads prev_state, in its first packet', () => {
    expect(text(sub(sub(all[0]![45]![0])[1]![0])[3]![0])).toBe('6.12.95');
    expect(all.map((packet) => packet[13]![0])).toEqual([1n, ...all.slice(1).map(() => 2n)]);
  });

  test('has a bundle for each CPU, with the events in their own messages', () => {
    expect(bundles.map((bundle) => bundle[1])).toEqual([[0n], [1n]]);
    const [queue, sw, start, ret, mark] = events;
    expect([sw![1], sw![2], sw![5]]).toEqual([[1_000_002_000n], [2n], [1n]]);
    const fields = sub(sw![4]![0]);
    expect([text(fields[1]![0]), fields[2], fields[4], text(fields[5]![0]), fields[6]]).toEqual([
      'kthreadd',
      [2n],
      [1n],
      'kworker/1:0',
      [9n],
    ]);
    expect(sub(queue![59]![0])).toMatchObject({ 1: [0xabcdef12n], 4: [8192n], 5: [1n] });
    expect(start).toHaveProperty('58');
    const generic = sub(ret![327]![0]);
    expect([text(generic[1]![0]), text(sub(generic[2]![0])[1]![0]), sub(generic[2]![0])[4]]).toEqual([
      'sched_kthread_stop_ret',
      'ret',
      [-4n],
    ]);
    expect(text(sub(mark![3]![0])[2]![0])).toBe('Grüße\n');
  });

  test('names functions in a packet before the events that refer to them', () => {
    const interned = all.findIndex((packet) => 12 in packet);
    expect(interned).toBeLessThan(all.findIndex((packet) => 1 in packet));
    const symbol = sub(sub(all[interned]![12]![0])[26]![0]);
    const start = events.find((event) => 58 in event)!;
    expect([text(symbol[2]![0]), sub(start[58]![0])[2]]).toEqual(['my_fn', symbol[1]]);
  });

  test('has an arrow from where a work is queued to where it starts', () => {
    const tracks = all.filter((packet) => 11 in packet).map((packet) => sub(packet[11]![0]));
    expect(tracks.map((track) => [text(track[23]![0]), track[47], track[48]])).toEqual([
      ['queue my_fn', [1n], undefined],
      ['start my_fn', undefined, [1n]],
    ]);
    const owners = all.filter((packet) => 60 in packet).map((packet) => sub(packet[60]![0]));
    expect(owners.map((owner) => [owner[1], sub(owner[4]![0])[2]])).toEqual([
      [tracks[0]![11], [77n]],
      [tracks[1]![11], [9n]],
    ]);
  });

  test('draws what Perfetto has messages for, and says before which events others are missing', () => {
    const pieces: Buffer[] = [];
    const holes = new Set<number>();
    const lines = [
      '  <idle>-0  [000] d....  1.000001: cpu_idle: state=1 cpu_id=0',
      '  <idle>-0  [001] d....  1.000002: cpu_idle: state=4294967295 cpu_id=1',
      ' kswapd0-50  [000] .....  1.000003: mm_vmscan_kswapd_wake: nid=0 order=3',
    ];
    const { events: read } = readTrace(lines.join('\n'));
    function* withHole(): Generator<(typeof read)[number]> {
      yield read[0]!;
      yield read[1]!;
      holes.add(0);
      yield read[2]!;
    }
    writePerfetto(withHole(), { write: (bytes) => void pieces.push(Buffer.from(bytes)) }, holes);
    const written = (decode(Buffer.concat(pieces))[1] ?? []).map((packet) => sub(packet));
    const told = written
      .filter((packet) => 1 in packet)
      .map((packet) => sub(packet[1]![0]))
      .map((bundle) => [bundle[1]![0], bundle[3]?.[0], bundle[2]!.map((event) => Object.keys(sub(event)).at(-1))]);
    expect(told).toEqual([
      [0n, undefined, ['13']],
      [1n, undefined, ['13']],
      [0n, 1n, ['48']],
    ]);
    const idle = sub(sub(sub(written[2]![1]![0])[2]![0])[13]![0]);
    expect(idle).toEqual({ 1: [4294967295n], 2: [1n] });
  });

  test('makes kernel threads children of kthreadd', () => {
    const processes = sub(all.at(-1)![2]![0])[1]!.map((process) => sub(process));
    expect(processes.map((process) => [process[1], process[2], text(process[3]![0])])).toEqual([
      [[2n], [0n], 'kthreadd'],
      [[9n], [2n], 'kworker/1:0'],
    ]);
  });
});

test("an event of perf's text has the kernel's text again", () => {
  const { events } = readTrace(
    ' perf 195 [000] 15.931631490: sched:sched_switch: kworker/0:1:10 [120] W ==> migration/0:21 [0]\n' +
      ' perf 195 [000] 15.931631491: sched:sched_waking: a:10 [120] CPU:003\n' +
      ' perf 195 [000] 15.931631492: timer:hrtimer_cancel: hrtimer=0xff\n',
  );
  expect(events.map(kernelText)).toEqual([
    'prev_comm=kworker/0:1 prev_pid=10 prev_prio=120 prev_state=I ==> next_comm=migration/0 next_pid=21 next_prio=0',
    'comm=a pid=10 prio=120 target_cpu=003',
    'hrtimer=0xff',
  ]);
});
