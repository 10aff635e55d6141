import { describe, expect, test } from '@jest/globals';
import {
  WORK_CPU_UNBOUND,
  WQ_BH,
  WQ_HIGHPRI,
  WQ_UNBOUND,
  cancelWork,
  disableWork,
  flushWork,
  flushWorkqueue,
  queueDelayedWork,
  queueWork,
  queueWorkOn,
  type WorkStruct,
} from '../src/index.ts';
import { caseOf, type World } from './world.ts';

/** The events of the workqueues from now on: CPU, task, name, text. */
function events(m: World): string[] {
  const seen: string[] = [];
  m.hub.flush();
  m.hub.events$.subscribe((e) => {
    if (e.name.startsWith('workqueue_')) seen.push(`${e.cpu} ${e.comm} ${e.name}: ${e.text}`);
  });
  return seen;
}

const address = (m: World, work: WorkStruct): string => m.w.addrOf(work).toString(16).padStart(16, '0');

describe('the tracepoints', () => {
  test(
    ...caseOf('have the texts and fields of Linux, from queueing to the end', function* (m) {
      const q = yield* m.wq('my_wq');
      const a = m.work('my_fn');
      const seen = events(m);
      yield* queueWorkOn(m.w, 1, q, a);
      yield* flushWorkqueue(m.w, q);
      m.hub.flush();
      const at = address(m, a);
      expect(seen).toEqual([
        `0 main workqueue_queue_work: work struct=${at} function=my_fn workqueue=my_wq req_cpu=1 cpu=1`,
        // the space at the end is the kernel's
        `0 main workqueue_activate_work: work struct ${at} function=my_fn `,
        `1 kworker/1:1 workqueue_execute_start: work struct ${at}: function my_fn`,
        `1 kworker/1:1 workqueue_execute_end: work struct ${at}: function my_fn`,
      ]);
    }),
  );

  test(
    ...caseOf('tell the CPU that was asked for from that of the pool', function* (m) {
      const queues = [
        yield* m.wq('bound'),
        yield* m.wq('hi', WQ_HIGHPRI),
        yield* m.wq('bh', WQ_BH),
        yield* m.wq('u', WQ_UNBOUND),
      ];
      const cpus: string[] = [];
      m.hub.flush();
      m.hub.events$.subscribe((e) => {
        if (e.name === 'workqueue_queue_work') cpus.push(/workqueue=.*/.exec(e.text)![0]);
      });
      for (const q of queues) {
        const [a, b] = [m.work('a'), m.work('b')];
        yield* queueWork(m.w, q, a);
        yield* queueWorkOn(m.w, 1, q, b);
        yield* flushWork(m.w, a);
        yield* flushWork(m.w, b);
      }
      expect(cpus).toEqual(
        ['bound', 'hi', 'bh', 'u'].flatMap((name) => [
          `workqueue=${name} req_cpu=${WORK_CPU_UNBOUND} cpu=${name === 'u' ? -1 : 0}`,
          `workqueue=${name} req_cpu=1 cpu=${name === 'u' ? -1 : 1}`,
        ]),
      );
      expect(WORK_CPU_UNBOUND).toBe(8192);
    }),
  );

  test(
    ...caseOf('CC-WQ-004: of a work that follows itself name the pool that it went to', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(10));
      yield* queueWorkOn(m.w, 0, q, a);
      yield* m.sleep(1);
      const seen = events(m);
      yield* queueWorkOn(m.w, 1, q, a);
      m.hub.flush();
      expect(seen[0]).toMatch(/req_cpu=1 cpu=0$/);
      yield* flushWork(m.w, a);
    }),
  );

  test(
    ...caseOf('at the end name the function that was called, whatever the work is by then', function* (m) {
      const q = yield* m.wq('q');
      const a: WorkStruct = m.work('first', function* () {
        a.func = function* () {};
        a.funcName = 'second';
      });
      const seen = events(m);
      yield* queueWork(m.w, q, a);
      yield* flushWorkqueue(m.w, q);
      m.hub.flush();
      expect(seen.slice(2).map((line) => /function (\w+)$/.exec(line)![1])).toEqual(['first', 'first']);
    }),
  );

  test(
    ...caseOf(
      'are silent where nothing is queued: a timer, a cancel, a work that is disabled or pending',
      function* (m) {
        const q = yield* m.wq('q');
        const [a, d] = [m.work('a'), m.delayed('d')];
        yield* queueWork(m.w, q, a);
        const seen = events(m);
        expect(yield* queueWork(m.w, q, a)).toBe(false);
        expect(yield* cancelWork(m.w, a)).toBe(true);
        yield* disableWork(m.w, a);
        expect(yield* queueWork(m.w, q, a)).toBe(false);
        yield* queueDelayedWork(m.w, q, d, 3);
        m.hub.flush();
        expect(seen).toEqual([]);
      },
    ),
  );

  test(
    ...caseOf('of a barrier are start and end only', function* (m) {
      const q = yield* m.wq('q');
      const a = m.work('a', () => m.sleep(5));
      yield* queueWorkOn(m.w, 1, q, a);
      yield* m.sleep(1);
      const seen = events(m);
      yield* flushWork(m.w, a);
      yield* m.sleep(1);
      expect(seen.map((line) => /workqueue_\w+:|\w+$/.exec(line)![0])).toEqual([
        'workqueue_execute_end:',
        'workqueue_execute_start:',
        'workqueue_execute_end:',
      ]);
      expect(seen.slice(1).every((line) => line.endsWith('function wq_barrier_func'))).toBe(true);
    }),
  );
});
