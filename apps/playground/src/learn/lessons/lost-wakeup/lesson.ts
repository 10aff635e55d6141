import type { Statement } from '@kernel-model/scenario';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import type { Ran } from '../../ran.ts';

export const lostWakeup = defineLesson<null>({
  id: 'lost-wakeup',
  title: { en: 'The lost wakeup', zh: '丢失的唤醒' },
  about: {
    en: 'Two lines in the wrong order, and a thread sleeps for ever: once in a million runs, or in the first 20 that are searched.',
    zh: '两行代码顺序写反，线程就可能永远睡下去：实际运行一百万次才遇到一次，而搜索前 20 次执行就能找到。',
  },
  machine: { kind: 'scenario', explore: true },
  view: [0, 250],
  notes: noNotes,
  panels: ({ search, failing }) => [
    failing === null
      ? { title: `${search?.executions ?? 0} executions`, text: 'no failure' }
      : { title: `schedule ${search!.failures[0]!.schedule}`, text: failing.steps },
  ],
  questions: [
    {
      id: 'where',
      ask: {
        en: 'In the interleaving that hangs, which state does `wake_up_process` find the sleeper in?',
        zh: '在挂起的那个交错里，`wake_up_process` 看到 sleeper 处于什么状态？',
      },
      answer: {
        kind: 'choice',
        choices: ['TASK_RUNNING', 'TASK_INTERRUPTIBLE', 'TASK_UNINTERRUPTIBLE'].map((value) => ({
          value,
          words: { en: `\`${value}\``, zh: `\`${value}\`` },
        })),
      },
      check: checkWhere,
    },
    {
      id: 'mend',
      ask: {
        en: 'Mend the sleeper: no interleaving may hang, and it must still sleep when `go` is not set yet.',
        zh: '修好 sleeper：任何交错都不能挂起，而且 `go` 还没置位时它仍然要睡眠。',
      },
      answer: { kind: 'machine' },
      check: checkMend,
    },
  ],
});

/** wake_up_process returns 0 exactly if it found nobody asleep. */
function checkWhere({ search, failing }: Ran, answer: string): Verdict {
  const failure = search?.failures[0];
  if (failure === undefined)
    return {
      right: false,
      say: {
        en: 'This machine has no interleaving that hangs any more. Put the two lines back in the wrong order to see one.',
        zh: '现在这台机器已经没有会挂起的交错了。把两行换回错误的顺序再看。',
      },
    };
  const slept = failing?.trace.includes('main < wake_up_process sleeper = 1') ?? false;
  const right = (answer === 'TASK_RUNNING') !== slept;
  return {
    right,
    say: right
      ? {
          en: `Yes: it has looked at \`go\`, and not said yet that it will sleep. The wakeup does nothing and returns 0; then it goes to sleep (schedule \`${failure.schedule}\`, found after ${search!.executions} executions).`,
          zh: `对：它已经看过 \`go\`，但还没有声明自己要睡。这次唤醒什么也不做，返回 0；随后它才睡下去（schedule \`${failure.schedule}\`，第 ${search!.executions} 次执行找到）。`,
        }
      : {
          en: 'A sleeper in that state would have been woken: wake_up_process looks for exactly these two, and sets TASK_RUNNING.',
          zh: '如果是那个状态，它就会被唤醒：wake_up_process 找的正是这两种睡眠状态，并把它改为 TASK_RUNNING。',
        },
  };
}

function checkMend({ search, scenario, kind, message }: Ran): Verdict {
  if (kind !== 'ok')
    return { right: false, say: { en: `It fails on its own: ${message}.`, zh: `直接运行就失败了：${message}。` } };
  const sleeper = scenario?.functions.get('sleeper') ?? [];
  if (!calls(sleeper, 'schedule') && !calls(sleeper, 'wait_event'))
    return {
      right: false,
      say: {
        en: 'Nothing hangs, but this sleeper does not sleep any more. Keep `schedule`, and mind when it is called.',
        zh: '不会挂起了，可是 sleeper 也不再睡眠。保留 `schedule`，想一想在什么时候调用它。',
      },
    };
  const failure = search?.failures[0];
  if (failure !== undefined)
    return {
      right: false,
      say: {
        en: `There still is an interleaving that fails, after ${search!.executions} executions: ${failure.message}. Say that you will sleep first, look second.`,
        zh: `第 ${search!.executions} 次执行仍然找到了会失败的交错：${failure.message}。先声明要睡，再看条件。`,
      },
    };
  if (search?.complete !== true)
    return {
      right: false,
      say: {
        en: `No failure in ${search?.executions ?? 0} executions, but the search did not come to its end. Keep the scenario small.`,
        zh: `执行了 ${search?.executions ?? 0} 次没有失败，但搜索没有做完。让场景小一些。`,
      },
    };
  return {
    right: true,
    say: {
      en: `Yes. ${search.executions} executions cover every interleaving, and none fails. State first, test second: a wakeup in between sets TASK_RUNNING, and schedule returns at once.`,
      zh: `对。${search.executions} 次执行覆盖了所有交错，没有一次失败。先设状态，后看条件：中间来的唤醒会把状态改回 TASK_RUNNING，schedule 立刻返回。`,
    },
  };
}

function calls(body: readonly Statement[], name: string): boolean {
  return body.some((statement) => {
    switch (statement.kind) {
      case 'call':
        return statement.call === name;
      case 'if':
        return calls(statement.then, name) || calls(statement.otherwise, name);
      default:
        return calls(statement.body, name);
    }
  });
}
