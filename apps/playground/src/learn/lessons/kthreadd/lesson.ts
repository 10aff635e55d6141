import { SCHED_PROCESS_FORK, SCHED_SWITCH, isEvent } from '@kernel-model/trace';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { mark, ms, typed, type Ran } from '../../ran.ts';

const STATES = ['R', 'S', 'D', 'P'] as const;

export const kthreadd = defineLesson<null>({
  id: 'kthreadd',
  title: { en: 'kthreadd and its list', zh: 'kthreadd 与创建链表' },
  about: {
    en: 'kthread_create makes nothing: it writes a request, and pid 2 does the rest.',
    zh: 'kthread_create 自己什么也不创建：它只写一个请求，其余由 2 号进程完成。',
  },
  machine: { kind: 'scenario' },
  view: [0, 200],
  notes: noNotes,
  questions: [
    {
      id: 'who',
      ask: {
        en: 'Which pid is on the CPU when the new thread is forked?',
        zh: '新线程被 fork 出来的那一刻，CPU 上运行的是哪个 pid？',
      },
      answer: { kind: 'number', unit: 'pid' },
      check: checkWho,
    },
    {
      id: 'state',
      ask: {
        en: 'In which state does the new thread wait for its first wake_up_process?',
        zh: '新线程以什么状态等待第一次 wake_up_process？',
      },
      answer: { kind: 'choice', choices: STATES.map((value) => ({ value, words: { en: value, zh: value } })) },
      check: checkState,
    },
    {
      id: 'run',
      ask: {
        en: 'The function `f` never runs. Make it run.',
        zh: '函数 `f` 从来没有运行。让它运行起来。',
      },
      answer: { kind: 'machine' },
      check: checkRun,
    },
  ],
});

function forkOf(
  ran: Ran,
): { readonly at: number; readonly pid: number; readonly comm: string; readonly child: number } | null {
  for (const event of ran.events)
    if (isEvent(event, SCHED_PROCESS_FORK))
      return { at: event.at, pid: event.pid, comm: event.comm, child: event.fields.child_pid };
  return null;
}

function checkWho(ran: Ran, answer: string): Verdict {
  const fork = forkOf(ran);
  if (fork === null) return { right: false, say: { en: 'Nothing was forked in this run.', zh: '这次运行没有 fork。' } };
  const asked = mark(ran, 'main > kthread_');
  const right = typed(answer) === fork.pid;
  if (!right)
    return {
      right,
      say: {
        en: 'Not that one. Look for `sched_process_fork` in the trace: the line begins with the task that was running.',
        zh: '不是它。在 trace 里找 `sched_process_fork`：行首就是当时正在运行的任务。',
      },
    };
  const later = ms(fork.at - (asked?.at ?? fork.at));
  return {
    right,
    say: {
      en: `Yes: \`${fork.comm}\`, ${later} after the request. km_main sleeps meanwhile; the new thread inherits from kthreadd, not from its caller.`,
      zh: `对：是 \`${fork.comm}\`，在请求之后 ${later}。这期间 km_main 在睡眠；新线程继承的是 kthreadd，而不是调用者。`,
    },
  };
}

function checkState(ran: Ran, answer: string): Verdict {
  const child = forkOf(ran)?.child;
  const left = ran.events.find(
    (event) =>
      isEvent(event, SCHED_SWITCH) && event.fields.prev_pid === child && !event.fields.prev_state.includes('+'),
  );
  if (left === undefined || !isEvent(left, SCHED_SWITCH))
    return {
      right: false,
      say: { en: 'The thread never left the CPU in this run.', zh: '这次运行里该线程没有离开过 CPU。' },
    };
  const state = left.fields.prev_state;
  const right = answer === state;
  const { text } = left;
  return {
    right,
    say: right
      ? {
          en: `Yes: \`${state}\`. It tells its creator that it exists, and sleeps uninterruptibly: no signal can start it, only a wakeup.`,
          zh: `对：\`${state}\`。它告诉创建者自己已经存在，然后不可中断地睡眠：信号启动不了它，只有唤醒可以。`,
        }
      : {
          en: `Look at its first switch away: \`${text}\`. prev_state is what you want.`,
          zh: `看它第一次被切走：\`${text}\`。prev_state 就是答案。`,
        },
  };
}

function checkRun(ran: Ran): Verdict {
  const ran_ = ran.events.find((event) => event.name === 'tracing_mark_write' && event.text.endsWith('> fn f'));
  if (ran_ !== undefined && ran.kind === 'ok')
    return {
      right: true,
      say: {
        en: `Yes: \`f\` began at ${(ran_.at / 1e9).toFixed(6)} s, in \`${ran_.comm}\`, pid ${ran_.pid}. kthread_run is both calls in one.`,
        zh: `对：\`f\` 在 ${(ran_.at / 1e9).toFixed(6)} s 开始，任务是 \`${ran_.comm}\`，pid ${ran_.pid}。kthread_run 就是把这两步合成一步。`,
      },
    };
  return {
    right: false,
    say: {
      en: 'The thread exists, and `f` has not begun. A thread made by kthread_create runs its function only after somebody wakes it.',
      zh: '线程已经存在，但 `f` 还没有开始。kthread_create 创建的线程要等有人唤醒它，才会运行自己的函数。',
    },
  };
}
