import { choices, failed, no, words, yes } from '../../choices.ts';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { mark, typed, type Ran } from '../../ran.ts';
import { sleptIn } from '../../switches.ts';

export const hotplug = defineLesson<null>({
  id: 'hotplug',
  title: words('A CPU goes away', '一个 CPU 下线'),
  about: words(
    'Per-CPU threads park, works move, and a bound thread finds itself somewhere else.',
    'per-CPU 线程被 park，work 搬家，绑定的线程发现自己换了地方。',
  ),
  machine: { kind: 'scenario' },
  notes: noNotes,
  questions: [
    {
      id: 'parked',
      ask: words(
        'In which state does `ksoftirqd/1` wait while its CPU is gone?',
        '它的 CPU 不在的时候，`ksoftirqd/1` 以什么状态等待？',
      ),
      answer: choices('S', 'P', 'X'),
      check: checkParked,
    },
    {
      id: 'where',
      ask: words('CPU 1 is back. On which CPU does `bound` run now?', 'CPU 1 回来了。`bound` 现在在哪个 CPU 上运行？'),
      answer: { kind: 'number', unit: 'CPU' },
      check: checkWhere,
    },
    {
      id: 'back',
      ask: words(
        'Bring `bound` back to CPU 1 after `add_cpu`, without making it anew.',
        '在 `add_cpu` 之后把 `bound` 弄回 CPU 1，但不要重新创建它。',
      ),
      answer: { kind: 'machine' },
      check: checkBack,
    },
  ],
});

function goneAt(ran: Ran): number | null {
  return mark(ran, 'main > remove_cpu')?.at ?? null;
}

/** The CPU of the last piece of work that the thread did. */
function lastCpu(ran: Ran): number | null {
  const work = ran.events.filter(({ text }) => text.startsWith('km bound > busy'));
  return work.at(-1)?.cpu ?? null;
}

function checkParked(ran: Ran, answer: string): Verdict {
  const gone = goneAt(ran);
  const state = gone === null ? null : sleptIn(ran, 'ksoftirqd/1', gone);
  if (state === null) return no('In this run CPU 1 did not go away.', '这次运行里 CPU 1 没有下线。');
  if (answer === state)
    return yes(
      `Yes, \`${state}\`. It is the same thread when the CPU comes back: cpuhp/1 parks it and unparks it.`,
      `对，\`${state}\`。CPU 回来以后还是同一个线程：由 cpuhp/1 来 park 和 unpark。`,
    );
  return no(
    'No. Look at the switch away from `ksoftirqd/1` after remove_cpu: prev_state says it.',
    '不对。看 remove_cpu 之后 `ksoftirqd/1` 被切走的那一行：prev_state 就是答案。',
  );
}

function checkWhere(ran: Ran, answer: string): Verdict {
  const cpu = lastCpu(ran);
  if (cpu === null || mark(ran, 'main < add_cpu') === null)
    return no('In this run CPU 1 did not come back.', '这次运行里 CPU 1 没有回来。');
  if (typed(answer) === cpu)
    return cpu === 1
      ? yes('Yes: CPU 1.', '对：CPU 1。')
      : yes(
          `Yes: CPU ${cpu}. Its mask had no CPU left, so the kernel gave it another one, for good. "Bound" is not a contract.`,
          `对：CPU ${cpu}。它的 mask 里一个 CPU 都不剩了，内核就给了它别的 CPU，而且不再改回来。“绑定”并不是契约。`,
        );
  return no('Look at the CPU column of its last marks in the trace.', '看 trace 里它最后几个标记的 CPU 一栏。');
}

function checkBack(ran: Ran): Verdict {
  if (ran.kind === 'warn')
    return no(
      `The kernel complains: ${ran.message}. kthread_bind is for a thread that has not run yet.`,
      `内核发出警告：${ran.message}。kthread_bind 只能用于还没有运行过的线程。`,
    );
  if (ran.kind !== 'ok') return failed(ran.message);
  const gone = goneAt(ran);
  if (gone === null || mark(ran, 'main < add_cpu') === null)
    return no('CPU 1 has to go away and to come back.', 'CPU 1 要先下线再上线。');
  const made = ran.events.filter(
    ({ name, text }) => name === 'sched_process_fork' && text.includes('child_comm=bound'),
  );
  if (made.length > 1)
    return no('It was made twice. Move the one that is there.', '它被创建了两次。请移动原来的那一个。');
  if (lastCpu(ran) !== 1)
    return no(
      `It still runs on CPU ${lastCpu(ran)}: nobody has told the scheduler that it may go back.`,
      `它还在 CPU ${lastCpu(ran)} 上：没有人告诉调度器它可以回去。`,
    );
  return yes(
    'Yes. Who binds a thread to a CPU that can go away has to say again what it wants, from a hotplug callback; smpboot threads do it for you.',
    '对。把线程绑在可能下线的 CPU 上，就得在 hotplug 回调里重新说明自己要什么；smpboot 线程替你做好了这件事。',
  );
}
