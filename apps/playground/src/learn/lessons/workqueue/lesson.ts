import type { Statement } from '@kernel-model/scenario';
import { WORKQUEUE_EXECUTE_START, isEvent } from '@kernel-model/trace';
import { failed, no, words, yes } from '../../choices.ts';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { typed, type Ran } from '../../ran.ts';

export const workqueue = defineLesson<null>({
  id: 'workqueue',
  title: words('Workqueue concurrency', 'workqueue 的并发管理'),
  about: words(
    'One worker per CPU is enough, until it sleeps. The scheduler tells the pool, in the very moment.',
    '每个 CPU 一个 worker 就够了，除非它睡下。而调度器会在那一刻告诉 pool。',
  ),
  machine: { kind: 'scenario' },
  notes: noNotes,
  questions: [
    {
      id: 'workers',
      ask: words('How many kworkers execute the three works?', '这三个 work 由几个 kworker 执行？'),
      answer: { kind: 'number', unit: 'kworker' },
      check: checkWorkers,
    },
    {
      id: 'one',
      ask: words(
        'Change what `job` does so that one kworker executes all three. Each must still take 12 ms or more.',
        '修改 `job` 的内容，使一个 kworker 执行完三个 work。每个 work 仍要花 12 ms 以上。',
      ),
      answer: { kind: 'machine' },
      check: checkOne,
    },
    {
      id: 'turns',
      ask: words(
        'Start again. Let the works sleep, and yet never run two at a time: change the workqueue.',
        '从头再来。work 仍然睡眠，但任何时候都不能有两个同时在执行：修改 workqueue。',
      ),
      answer: { kind: 'machine' },
      check: checkTurns,
    },
  ],
});

/** One work from start to end. */
interface Execution {
  readonly work: string;
  readonly pid: number;
  readonly fromNs: number;
  readonly toNs: number;
}

function executions(ran: Ran): Execution[] {
  return ran.events.flatMap((event) => {
    if (!isEvent(event, WORKQUEUE_EXECUTE_START) || event.fields.function !== 'job') return [];
    const { pid, at } = event;
    const end = ran.events.find((e) => e.at > at && e.pid === pid && e.name === 'workqueue_execute_end');
    return [{ work: String(event.fields.work), pid, fromNs: at, toNs: end?.at ?? Infinity }];
  });
}

function workersOf(ran: Ran): number {
  return new Set(executions(ran).map(({ pid }) => pid)).size;
}

function overlap(list: readonly Execution[]): boolean {
  return list.some((a, i) => list.slice(i + 1).some((b) => a.fromNs < b.toNs && b.fromNs < a.toNs));
}

function checkWorkers(ran: Ran, answer: string): Verdict {
  const workers = workersOf(ran);
  if (workers === 0) return no('No work was executed in this run.', '这次运行里没有执行 work。');
  if (typed(answer) !== workers)
    return no(
      'Look at the lines `workqueue_execute_start`: each begins with the kworker that runs the work.',
      '看 `workqueue_execute_start` 这些行：行首就是执行该 work 的 kworker。',
    );
  return workers === 1
    ? yes('Yes: 1. Nobody slept, so nobody else was needed.', '对：1 个。没有人睡眠，就不需要别人。')
    : yes(
        `Yes: ${workers}. Each time a worker went to sleep inside a work, the pool had nobody running and woke the next one.`,
        `对：${workers} 个。每当一个 worker 在 work 里睡下，pool 里就没有人在运行，于是唤醒下一个。`,
      );
}

function checkOne(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const list = executions(ran);
  const workers = workersOf(ran);
  const { maxActive = 0, flags = [] } = ran.scenario?.workqueues.get('shared') ?? {};
  if (maxActive !== 0 || flags.length > 0)
    return no(
      'Leave the workqueue as it was: this one is about what the works do.',
      '不要动 workqueue：这一题只看 work 做什么。',
    );
  if (list.length < 3 || list.some(({ fromNs, toNs }) => toNs - fromNs < 12e6))
    return no('All three works have to run, for 12 ms each.', '三个 work 都要执行，每个 12 ms。');
  if (workers > 1)
    return no(
      `There still are ${workers} kworkers: as soon as a work sleeps, the next worker is woken.`,
      `还是有 ${workers} 个 kworker：只要 work 一睡，就会唤醒下一个 worker。`,
    );
  return yes(
    'Yes. A worker that computes keeps the pool busy, so the others wait. That is concurrency management: one runnable worker per CPU, no more.',
    '对。正在计算的 worker 让 pool 一直“忙”，其余的就等着。这就是并发管理：每个 CPU 只有一个可运行的 worker。',
  );
}

function checkTurns(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const list = executions(ran);
  if (list.length < 3) return no('All three works have to run.', '三个 work 都要执行。');
  if (!sleeps(ran.scenario?.functions.get('job') ?? []))
    return no('The works have to sleep, as they did.', 'work 要像原来那样睡眠。');
  if (overlap(list))
    return no(
      'Two of them still overlap. max_active says how many works of this workqueue may be under way on a CPU.',
      '仍有两个 work 的执行时间重叠。max_active 决定这个 workqueue 在一个 CPU 上最多同时进行几个 work。',
    );
  return yes(
    'Yes. The others wait as inactive works, whatever the pool could do; when one is done, the next one becomes active.',
    '对。不管 pool 还有多少余力，其余的都作为 inactive work 等着；一个做完，下一个才变成 active。',
  );
}

function sleeps(body: readonly Statement[]): boolean {
  return body.some((s) =>
    s.kind === 'call' ? s.call === 'msleep' : s.kind === 'if' ? sleeps(s.then) : sleeps(s.body),
  );
}
