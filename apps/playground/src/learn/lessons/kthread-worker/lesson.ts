import { SCHED_SWITCH, isEvent } from '@kernel-model/trace';
import { failed, no, words, yes } from '../../choices.ts';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { mark, ms, typed, type Ran } from '../../ran.ts';

/** What the reader is asked for. */
const WANTED_NS = 1e6;
/** Priorities below are real-time. @linux include/linux/sched/prio.h MAX_RT_PRIO */
const MAX_RT_PRIO = 100;

export const kthreadWorker = defineLesson<null>({
  id: 'kthread-worker',
  title: words('A worker of your own', '自己的 worker'),
  about: words(
    'A workqueue lends you a thread. A kthread_worker is one, with a priority that you may set.',
    'workqueue 借给你一个线程；kthread_worker 就是一个线程，优先级由你来定。',
  ),
  machine: { kind: 'scenario' },
  notes: noNotes,
  questions: [
    {
      id: 'slowest',
      ask: words(
        'How long did the slowest request wait, from `kthread_queue_work` to the start of `serve`?',
        '最慢的一次请求等了多久？从 `kthread_queue_work` 算到 `serve` 开始。',
      ),
      answer: { kind: 'number', unit: 'ms' },
      check: checkSlowest,
    },
    {
      id: 'fast',
      ask: words(
        'Let every request begin within 1 ms, with the three hogs still running. `setup` runs in the thread of the worker: a good place.',
        '让每个请求都在 1 ms 之内开始，三个 hog 照样运行。`setup` 在 worker 的线程里运行：正是合适的地方。',
      ),
      answer: { kind: 'machine' },
      check: checkFast,
    },
  ],
});

/** From each kthread_queue_work of the request to its start, in ns. */
function delays(ran: Ran): number[] {
  const list: number[] = [];
  for (let from = mark(ran, 'main > kthread_queue_work request'); from !== null;) {
    const start = mark(ran, 'request > fn serve', from.at);
    list.push(start === null ? Infinity : start.at - from.at);
    from = mark(ran, 'main > kthread_queue_work request', from.at + 1);
  }
  return list;
}

function checkSlowest(ran: Ran, answer: string): Verdict {
  const slowest = Math.max(0, ...delays(ran));
  if (slowest === 0 || slowest === Infinity)
    return no('In this run no request was served.', '这次运行里没有请求得到处理。');
  if (Math.abs(typed(answer) * 1e6 - slowest) <= Math.max(0.1e6, slowest / 20))
    return yes(
      `Yes: ${ms(slowest)}. The worker is one thread among four of the same weight, and waits for its turn.`,
      `对：${ms(slowest)}。worker 只是权重相同的四个线程之一，要排队。`,
    );
  return no(
    'Not that. Compare the marks `km main > kthread_queue_work request` and `km request > fn serve`; one pair stands out.',
    '不对。比较标记 `km main > kthread_queue_work request` 和 `km request > fn serve` 的时间：有一对特别显眼。',
  );
}

function checkFast(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const list = delays(ran);
  if (list.length < 3) return no('There have to be requests.', '要有请求才行。');
  const hogs = ['hog1', 'hog2', 'hog3'].filter((hog) => mark(ran, `${hog} > busy 60000`) !== null);
  if (hogs.length < 3) return no('The three hogs have to run as before.', '三个 hog 要像原来那样运行。');
  const slowest = Math.max(...list);
  if (slowest > WANTED_NS)
    return no(
      `The slowest one waited ${ms(slowest)}. A nice value buys a larger share of the CPU, not the right to have it now.`,
      `最慢的等了 ${ms(slowest)}。nice 值换来的是更大的 CPU 份额，而不是“现在就要”的权利。`,
    );
  if (!realtime(ran))
    return yes(
      `In this run, yes: ${ms(slowest)} at most. It is luck, though: nice is a share, and no promise. Try SCHED_FIFO.`,
      `这次运行确实做到了：最多 ${ms(slowest)}。不过这是运气：nice 只是份额，不是承诺。试试 SCHED_FIFO。`,
    );
  return yes(
    `Yes: ${ms(slowest)} at most. SCHED_FIFO comes before all fair tasks. A kworker of a shared pool could not be given that.`,
    `对：最多 ${ms(slowest)}。SCHED_FIFO 优先于所有公平任务。共享 pool 里的 kworker 可没法这样设置。`,
  );
}

function realtime(ran: Ran): boolean {
  return ran.events.some(
    (event) => isEvent(event, SCHED_SWITCH) && event.fields.next_comm === 'io' && event.fields.next_prio < MAX_RT_PRIO,
  );
}
