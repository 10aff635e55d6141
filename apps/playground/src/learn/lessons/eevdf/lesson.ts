import { defineLesson, type Panel, type Verdict } from '../../lesson.ts';
import { typed, type Ran } from '../../ran.ts';
import { runNsOf } from '../../switches.ts';
import { average, watchPicks, type Pick } from './picks.ts';

/** The CPU on which they compete. */
const CPU = 1;
/** What 6.12 gives a task to run before its deadline is renewed, on a machine with 2 or 3 CPUs. */
const SLICE_NS = 1_400_000;
/** The pick that the text works through, and the next one, which the reader is asked about. */
const WORKED = 2;
const ASKED = 3;

export const eevdf = defineLesson<Pick[]>({
  id: 'eevdf',
  title: { en: 'EEVDF by hand', zh: '手算 EEVDF' },
  about: {
    en: 'Weights, virtual time, lag and deadlines: work out what the scheduler picks next, then see it pick.',
    zh: '权重、虚拟时间、lag 与 deadline：先自己算出调度器下一个选谁，再看它选了谁。',
  },
  machine: { kind: 'scenario', watch: (machine, picks) => watchPicks(machine, CPU, 2, picks) },
  notes: () => [],
  panels: ({ notes: picks }) =>
    [picks[WORKED], picks[ASKED]].flatMap((pick, i) => (pick === undefined ? [] : [panel(pick, i === 0)])),
  questions: [
    {
      id: 'deadline',
      ask: {
        en: 'In both tables `b` has not run yet. What is its deadline, the one with the question mark?',
        zh: '两张表里 `b` 都还没有运行过。它的 deadline（表中的问号）是多少？',
      },
      answer: { kind: 'number', unit: 'us' },
      check: checkDeadline,
    },
    {
      id: 'pick',
      ask: { en: 'Whom did the scheduler pick in the second table?', zh: '第二张表里，调度器选了谁？' },
      answer: {
        kind: 'choice',
        choices: ['a', 'b', 'c'].map((value) => ({ value, words: { en: `\`${value}\``, zh: `\`${value}\`` } })),
      },
      check: checkPick,
    },
    {
      id: 'half',
      ask: {
        en: 'Change one nice value so that `c` gets half of the CPU (45 to 55 %) against `a` and `b` together.',
        zh: '只改一个 nice 值，让 `c` 得到一半的 CPU（45% 到 55%），`a` 和 `b` 合起来得到另一半。',
      },
      answer: { kind: 'machine' },
      check: checkHalf,
    },
  ],
});

function checkDeadline({ notes }: Ran<Pick[]>, answer: string): Verdict {
  const pick = notes[WORKED];
  const b = pick?.rows.find(({ comm }) => comm === 'b');
  if (b === undefined) return nothing('b');
  const right = Math.abs(typed(answer) * 1000 - b.deadlineNs) <= (b.deadlineNs - b.vruntimeNs) / 50;
  const sum = `${us(b.vruntimeNs)} + ${us(SLICE_NS)} · 1024 / ${b.weight} = ${us(b.deadlineNs)} us`;
  if (right) return { right, say: { en: `Yes: ${sum}.`, zh: `对：${sum}。` } };
  return {
    right,
    say: {
      en: `Not quite. The deadline is vruntime plus one slice in virtual time, and \`b\` has weight ${b.weight}: its virtual time runs 1024 / ${b.weight} times as fast as the clock.`,
      zh: `还不对。deadline 是 vruntime 加上一个 slice 的虚拟时间；\`b\` 的权重是 ${b.weight}，它的虚拟时间走得是时钟的 1024 / ${b.weight} 倍。`,
    },
  };
}

function checkPick({ notes }: Ran<Pick[]>, answer: string): Verdict {
  const pick = notes[ASKED];
  if (pick === undefined) return nothing(answer);
  const v = average(pick);
  const eligible = pick.rows.filter(({ vruntimeNs }) => vruntimeNs <= v).map(({ comm }) => `\`${comm}\``);
  const facts = `V = ${us(v)} us`;
  const right = answer === pick.picked;
  if (right)
    return {
      right,
      say: {
        en: `Yes. ${facts}; eligible: ${eligible.join(', ')}; the earliest deadline among them is that of \`${pick.picked}\`.`,
        zh: `对。${facts}；eligible 的有 ${eligible.join('、')}，其中 deadline 最早的是 \`${pick.picked}\`。`,
      },
    };
  return {
    right,
    say: {
      en: `The machine picked someone else. First work out V, the average of the vruntimes weighted by load (here ${facts}); whoever is beyond V is not eligible. Then take the earliest deadline.`,
      zh: `机器选的不是它。先算 V，即按权重平均的 vruntime（这里 ${facts}）；vruntime 超过 V 的不 eligible。再在剩下的里面取 deadline 最早的。`,
    },
  };
}

function checkHalf(ran: Ran<Pick[]>): Verdict {
  const [a, b, c] = ['a', 'b', 'c'].map((comm) => runNsOf(ran, CPU, comm, ran.notes[0]?.atNs ?? Infinity));
  const share = (100 * c!) / Math.max(1, a! + b! + c!);
  const rows = ran.notes.at(-1)?.rows ?? [];
  const weights = rows.map(({ comm, weight }) => `\`${comm}\` ${weight}`).join(', ');
  const right = share >= 45 && share <= 55 && a! > 0 && b! > 0;
  const got = `\`c\`: ${share.toFixed(1)} %`;
  if (right)
    return { right, say: { en: `Yes, ${got}. The weights: ${weights}.`, zh: `对，${got}。权重：${weights}。` } };
  return {
    right,
    say: {
      en: `${got}. The weights are ${weights}: \`c\` needs about as much as the other two together. A step of nice is a factor of about 1.25.`,
      zh: `${got}。现在的权重是 ${weights}：\`c\` 的权重要约等于另外两个之和。nice 每差一级，权重约差 1.25 倍。`,
    },
  };
}

/** The numbers of a pick as the reader gets them: the deadline of `b`, and whom it picks, are to be worked out. */
function panel(pick: Pick, told: boolean): Panel {
  const lines = pick.rows.map(({ comm, nice, weight, vruntimeNs, deadlineNs }) =>
    row(comm, nice, weight, us(vruntimeNs), comm === 'b' ? '?' : us(deadlineNs)),
  );
  return {
    title: `${(pick.atNs / 1e9).toFixed(6)} s, CPU ${CPU}: ${told ? pick.picked : '?'}`,
    text: [row('task', 'nice', 'weight', 'vruntime/us', 'deadline/us'), ...lines].join('\n'),
  };
}

function row(comm: string, ...cells: readonly (string | number)[]): string {
  return comm.padEnd(6) + cells.map((cell, i) => String(cell).padStart(i < 2 ? 8 : 13)).join('');
}

function us(ns: number): string {
  return (ns / 1000).toFixed(0);
}

function nothing(comm: string): Verdict {
  return {
    right: false,
    say: {
      en: `In this run the three threads hardly competed: there is no such pick of \`${comm}\` to look at.`,
      zh: `这次运行里三个线程几乎没有竞争，看不到关于 \`${comm}\` 的选择。`,
    },
  };
}
