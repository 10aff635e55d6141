import type { Machine } from '@kernel-model/machine';
import { formatPs, isKthread, psEntries } from '@kernel-model/procfs';
import type { Task } from '@kernel-model/scheduler';
import type { MaySleep } from '@kernel-model/sim';
import { choices, no, words, yes } from '../../choices.ts';
import { defineLesson, type Settings, type Verdict } from '../../lesson.ts';
import { typed, type Ran } from '../../ran.ts';

/** What the lesson looks at: tasks as they are when the machine idles. */
interface Notes {
  ps: string;
  /** pids of kernel threads whose parent is not kthreadd. */
  orphans: number[];
  /** Names of kernel threads that may run on CPU 1 only. */
  perCpu: string[];
  /** Which of three tasks has an address space of its own. */
  withMm: string[];
}

export const kernelThread = defineLesson<Notes>({
  id: 'kernel-thread',
  title: words('What a kernel thread is', '什么是内核线程'),
  about: words(
    'Boot a machine, type ps, and sort what you see into two kinds.',
    '启动一台机器，敲 ps，把看到的分成两类。',
  ),
  machine: {
    kind: 'boot',
    knobs: [{ id: 'cpus', label: words('CPUs', 'CPU 数'), values: [2, 4, 1] }],
    config: ({ cpus }) => ({ cpus: cpus! }),
    drive,
  },
  view: [0, 1200],
  notes: () => ({ ps: '', orphans: [], perCpu: [], withMm: [] }),
  panels: ({ notes: { ps } }) => [{ title: 'ps -eo pid,ppid,stat,psr,cmd', text: ps }],
  questions: [
    {
      id: 'mm',
      ask: words(
        'One of these three has an address space of its own at any time, whatever it does. Which?',
        '这三个里面，有一个不管在做什么都有自己的地址空间。是哪个？',
      ),
      answer: choices('kthreadd', 'shell', 'demo'),
      check: checkMm,
    },
    {
      id: 'orphan',
      ask: words(
        'All kernel threads but one have pid 2 for a parent. Which pid is the exception?',
        '除了一个以外，所有内核线程的父进程都是 pid 2。例外的那个 pid 是几？',
      ),
      answer: { kind: 'number', unit: 'pid' },
      check: checkOrphan,
    },
    {
      id: 'per-cpu',
      ask: words(
        'How many kernel threads may run on CPU 1 only? Their names tell.',
        '有几个内核线程只能在 CPU 1 上运行？看名字就知道。',
      ),
      answer: { kind: 'number', unit: '' },
      check: checkPerCpu,
    },
  ],
});

function drive(machine: Machine, _settings: Settings, notes: Notes): void {
  const k = machine.kernel;
  function* demo(): MaySleep<number> {
    yield* k.msleep(1000);
    return 0;
  }
  machine.spawnUser('shell', function* (u) {
    yield* u.spin(300);
    yield* u.sleep(1_000_000);
    return 0;
  });
  machine.post(function* () {
    yield* k.kthreadRun(demo, null, 'demo');
  });
  machine.runFor(50e6);
  const { tasks } = machine.sched;
  const threads = [...tasks.values()].filter((p) => p.pid !== 0 && isKthread(p));
  notes.orphans = threads.filter((p) => p.parent?.comm !== 'kthreadd').map((p) => p.pid);
  notes.perCpu = threads.filter(onlyOnCpu1).map((p) => p.comm);
  notes.withMm = [...tasks.values()].filter((p) => p.mm !== null).map((p) => p.comm);
  const clock = { bootTimeS: 0, uptimeS: machine.sim.now / 1e9 };
  notes.ps = formatPs(psEntries(machine.sched), ['pid', 'ppid', 'stat', 'psr', 'cmd'], clock);
}

function onlyOnCpu1(p: Task): boolean {
  return p.nrCpusAllowed === 1 && p.cpusPtr.has(1);
}

function checkMm({ notes: { withMm } }: Ran<Notes>, answer: string): Verdict {
  if (withMm.includes(answer))
    return yes(
      `Yes: \`${answer}\` is a process, and has a \`mm\`. The other two have \`mm\` NULL: ps finds no command line, and prints the name in brackets.`,
      `对：\`${answer}\` 是进程，有 \`mm\`。另外两个的 \`mm\` 为 NULL：ps 找不到命令行，就把名字放在方括号里。`,
    );
  return no(
    'No: that one is in brackets, a kernel thread. Its `mm` is NULL, and it borrows whatever is loaded.',
    '不对：它在方括号里，是内核线程。它的 `mm` 为 NULL，借用当时装载着的地址空间。',
  );
}

function checkOrphan({ notes: { orphans } }: Ran<Notes>, answer: string): Verdict {
  if (orphans.includes(typed(answer)))
    return yes(
      'Yes: kthreadd itself. The idle task of the boot CPU made it, right after init.',
      '对：就是 kthreadd 自己。它由启动 CPU 的 idle 任务紧接着 init 创建。',
    );
  return no('Look down the PPID column, for a name in brackets.', '顺着 PPID 一栏找，名字要在方括号里。');
}

function checkPerCpu({ notes: { perCpu } }: Ran<Notes>, answer: string): Verdict {
  if (perCpu.length === 0)
    return no('This machine has no CPU 1. Give it one more.', '这台机器没有 CPU 1。给它加一个。');
  const names = perCpu.map((name) => `\`${name}\``);
  if (typed(answer) === perCpu.length)
    return yes(`Yes, ${perCpu.length}: ${names.join(', ')}.`, `对，${perCpu.length} 个：${names.join('、')}。`);
  return no(
    'Count the names with `/1`, those of kworkers too (`kworker/1:0`). A `u` in place of the number means: any CPU.',
    '数名字里带 `/1` 的，kworker 也算（`kworker/1:0`）。数字的位置写着 `u` 的，表示任意 CPU。',
  );
}
