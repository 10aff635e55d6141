import { failed, no, words, yes } from '../../choices.ts';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { mark, ms, typed, type Ran } from '../../ran.ts';

export const preemption = defineLesson<null>({
  id: 'preemption',
  title: words('Preemption models', '抢占模型'),
  about: words(
    'A real-time thread is woken and does not run. Who is to blame depends on one word of the boot line.',
    '实时线程被唤醒了，却没有运行。该怪谁，取决于启动参数里的一个词。',
  ),
  machine: { kind: 'scenario' },
  notes: noNotes,
  questions: [
    {
      id: 'latency',
      ask: words(
        'How long does `urgent` wait from `complete` until it has the CPU?',
        '从 `complete` 到 `urgent` 得到 CPU，它等了多久？',
      ),
      answer: { kind: 'number', unit: 'ms' },
      check: checkLatency,
    },
    {
      id: 'polite',
      ask: words(
        'Keep `preempt: voluntary`, and bring that below 5 ms by one more call in `worker`.',
        '保持 `preempt: voluntary`，在 `worker` 里加一个调用，把它降到 5 ms 以下。',
      ),
      answer: { kind: 'machine' },
      check: checkPolite,
    },
    {
      id: 'full',
      ask: words(
        'Now leave `worker` alone (4000 us at a time), and bring it below 0.5 ms.',
        '这回不动 `worker`（每次 4000 us），把它降到 0.5 ms 以下。',
      ),
      answer: { kind: 'machine' },
      check: checkFull,
    },
  ],
});

/** From complete() to the first instruction of the thread, in ns; null if it did not get there. */
function latency(ran: Ran): number | null {
  const go = mark(ran, 'main = complete go');
  const has = mark(ran, 'urgent < wait_for_completion go');
  // the mark is written when complete() has returned, and the thread may have been quicker
  return go === null || has === null ? null : Math.max(0, has.at - go.at);
}

const NEVER = ['In this run `urgent` was not woken.', '这次运行里 `urgent` 没有被唤醒。'] as const;

function checkLatency(ran: Ran, answer: string): Verdict {
  const ns = latency(ran);
  if (ns === null) return no(...NEVER);
  if (Math.abs(typed(answer) * 1e6 - ns) <= Math.max(0.2e6, ns / 20))
    return yes(
      `Yes: ${ms(ns)}. Its priority is not the point: in this model nobody looks while kernel code runs.`,
      `对：${ms(ns)}。问题不在优先级：在这个模型下，内核代码运行时没有人去检查。`,
    );
  return no(
    'Not that. Take the marks `km main = complete go` and `km urgent < wait_for_completion go`.',
    '不对。看标记 `km main = complete go` 和 `km urgent < wait_for_completion go`。',
  );
}

function checkPolite(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const ns = latency(ran);
  if (ns === null) return no(...NEVER);
  if (ran.scenario?.machine.preempt !== 'voluntary')
    return no('Keep the model for this one: voluntary.', '这一题保持模型不变：voluntary。');
  if (ns > 5e6)
    return no(
      `Still ${ms(ns)}. Between two pieces of work ask whether somebody else should run: there is a call for it.`,
      `仍然是 ${ms(ns)}。在两段工作之间问一声是不是该让别人运行：有一个调用专做这件事。`,
    );
  return yes(
    `Yes: ${ms(ns)}, the rest of one piece. That is what cond_resched is for, and why the kernel is full of it.`,
    `对：${ms(ns)}，就是手上那一段剩下的部分。cond_resched 就是干这个的，所以内核里到处是它。`,
  );
}

function checkFull(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const ns = latency(ran);
  if (ns === null) return no(...NEVER);
  if (mark(ran, 'worker > busy 4000') === null)
    return no('`worker` has to compute for 4000 us at a time.', '`worker` 要每次计算 4000 us。');
  if (ns > 0.5e6)
    return no(
      `${ms(ns)}. As long as kernel code is not preempted, the piece of work has to end first.`,
      `${ms(ns)}。只要内核代码不被抢占，就得先等这一段做完。`,
    );
  return yes(
    `Yes: ${ms(ns)}. With full preemption an interrupt that returns to kernel code may switch, unless preempt_count says no.`,
    `对：${ms(ns)}。完全抢占时，中断返回内核代码的那一刻就可以切换，除非 preempt_count 不允许。`,
  );
}
