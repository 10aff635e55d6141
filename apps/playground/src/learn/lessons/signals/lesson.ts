import { SIGNAL_GENERATE, isEvent } from '@kernel-model/trace';
import { choices, failed, no, words, yes } from '../../choices.ts';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { mark, type Ran } from '../../ran.ts';

/** Of enum { TRACE_SIGNAL_DELIVERED, TRACE_SIGNAL_IGNORED, TRACE_SIGNAL_ALREADY_PENDING }. */
const RESULTS = ['delivered', 'ignored', 'already pending'] as const;

export const signals = defineLesson<null>({
  id: 'signals',
  title: words('Signals', '信号'),
  about: words(
    'kill -9 does nothing to a kernel thread, and nothing tells you so.',
    '对内核线程 kill -9 毫无作用，而且没有任何提示。',
  ),
  machine: { kind: 'scenario' },
  notes: noNotes,
  questions: [
    {
      id: 'result',
      ask: words(
        '`send_sig` returns 0, as if all were well. What became of the signal?',
        '`send_sig` 返回 0，好像一切正常。这个信号到底怎么样了？',
      ),
      answer: choices(...RESULTS),
      check: checkResult,
    },
    {
      id: 'wait',
      ask: words(
        'Let the signal end the wait: `wait_event_interruptible` shall return -512 before anybody calls `kthread_stop`.',
        '让信号结束等待：在有人调用 `kthread_stop` 之前，`wait_event_interruptible` 就要返回 -512。',
      ),
      answer: { kind: 'machine' },
      check: checkWait,
    },
  ],
});

function resultOf(ran: Ran): string | null {
  for (const event of ran.events)
    if (isEvent(event, SIGNAL_GENERATE) && event.fields.comm === 'daemon') return RESULTS[event.fields.result] ?? null;
  return null;
}

function checkResult(ran: Ran, answer: string): Verdict {
  const result = resultOf(ran);
  if (result === null) return no('No signal was sent to the daemon in this run.', '这次运行里没有人给 daemon 发信号。');
  if (answer !== result)
    return no(
      'Find `signal_generate` in the trace and look at its last field: 0 delivered, 1 ignored, 2 already pending.',
      '在 trace 里找到 `signal_generate`，看最后一个字段：0 表示 delivered，1 表示 ignored，2 表示 already pending。',
    );
  return yes(
    `Yes: ${result}. A kernel thread is born with every signal ignored, and a signal that is ignored is never queued.`,
    `对：${result}。内核线程出生时忽略所有信号，被忽略的信号根本不会入队。`,
  );
}

function checkWait(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const out = mark(ran, 'daemon < wait_event_interruptible queue = -512');
  const stop = mark(ran, 'main > kthread_stop');
  if (out === null) return no('The wait did not end with -512.', '等待没有以 -512 结束。');
  if (stop !== null && out.at >= stop.at)
    return no(
      'It was kthread_stop that ended the wait. Even SIGKILL is ignored until the thread itself says allow_signal.',
      '结束等待的是 kthread_stop。在线程自己调用 allow_signal 之前，连 SIGKILL 也被忽略。',
    );
  return yes(
    'Yes. allow_signal takes the signal out of the ignored ones; now it stays pending and ends interruptible sleeps. What it means is up to the thread: there is no handler.',
    '对。allow_signal 让这个信号不再被忽略；于是它保持 pending，并结束可中断的睡眠。它意味着什么由线程自己决定：没有 handler。',
  );
}
