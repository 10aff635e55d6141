import { choices, failed, no, words, yes } from '../../choices.ts';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { mark, ms, took, type Ran } from '../../ran.ts';
import { sleptIn } from '../../switches.ts';

/** What the reader is asked for. */
const WANTED_NS = 5e6;

export const stopAndPark = defineLesson<null>({
  id: 'stop-and-park',
  title: words('Stop and park', '停止与 park'),
  about: words(
    'Nobody can end a kernel thread from outside. You can only ask, and wait.',
    '没有人能从外面结束一个内核线程。你只能请求，然后等待。',
  ),
  machine: { kind: 'scenario' },
  notes: noNotes,
  questions: [
    {
      id: 'parked',
      ask: words('In which state does a parked thread sleep?', '被 park 的线程以什么状态睡眠？'),
      answer: choices('S', 'D', 'P', 'T'),
      check: checkParked,
    },
    {
      id: 'stop',
      ask: words(
        'Make `kthread_stop` return within 5 ms, without making a piece of work shorter than 3000 us.',
        '让 `kthread_stop` 在 5 ms 之内返回，但每一段工作仍不短于 3000 us。',
      ),
      answer: { kind: 'machine' },
      check: checkStop,
    },
  ],
});

function checkParked(ran: Ran, answer: string): Verdict {
  const asked = mark(ran, 'main > kthread_park');
  const state = asked === null ? null : sleptIn(ran, 'daemon', asked.at);
  if (state === null) return no('In this run nobody was parked.', '这次运行里没有线程被 park。');
  if (answer === state)
    return yes(
      `Yes, \`${state}\`: a state of its own, which no wake_up_process matches. Only kthread_unpark ends it.`,
      `对，\`${state}\`：这是单独的一种状态，wake_up_process 对它不起作用，只有 kthread_unpark 能结束它。`,
    );
  return no(
    'Not that one: a thread in that state could be woken by others. Look at the prev_state of its switch after kthread_park.',
    '不是它：处于那个状态的线程可能被别人唤醒。看 kthread_park 之后它被切走时的 prev_state。',
  );
}

function checkStop(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const ns = took(ran, 'main', 'kthread_stop daemon');
  if (ns === null) return no('Nobody called kthread_stop.', '没有人调用 kthread_stop。');
  const pieces = ran.events
    .map(({ text }) => Number(/^km daemon > busy (\d+)/.exec(text)?.[1] ?? NaN))
    .filter((us) => !Number.isNaN(us));
  if (pieces.length < 3 || Math.min(...pieces) < 3000)
    return no('The daemon has to go on working, in pieces of 3000 us.', 'daemon 还得照常工作，每段 3000 us。');
  if (ns > WANTED_NS)
    return no(
      `kthread_stop waited ${ms(ns)}: the daemon looks at the flag only between two rounds of its outer loop.`,
      `kthread_stop 等了 ${ms(ns)}：daemon 只在外层循环的两轮之间才看一眼标志。`,
    );
  return yes(
    `Yes: ${ms(ns)}. It still finishes its piece of work; it only looks more often.`,
    `对：${ms(ns)}。它照样做完手上的一段，只是看得更勤了。`,
  );
}
