import { TLB_FLUSH, isEvent } from '@kernel-model/trace';
import { choices, failed, no, words, yes } from '../../choices.ts';
import { defineLesson, noNotes, type Verdict } from '../../lesson.ts';
import { typed, type Ran } from '../../ran.ts';
import { runNsOf } from '../../switches.ts';

export const lazyTlb = defineLesson<null>({
  id: 'lazy-tlb',
  title: words('Lazy TLB', 'Lazy TLB'),
  about: words(
    'A thread without an address space runs on somebody else’s, and nothing is flushed.',
    '没有地址空间的线程借用别人的地址空间运行，什么也不用刷新。',
  ),
  machine: { kind: 'scenario' },
  notes: noNotes,
  questions: [
    {
      id: 'loads',
      ask: words(
        '`A` runs several times on CPU 0, and `lazy` in between. How many `flush on task switch` are there on CPU 0 from the first run of `A` to its `munmap`?',
        '`A` 在 CPU 0 上运行了好几次，中间夹着 `lazy`。从 `A` 第一次运行到它 `munmap` 为止，CPU 0 上有几次 `flush on task switch`？',
      ),
      answer: { kind: 'number', unit: '' },
      check: checkLoads,
    },
    {
      id: 'remote',
      ask: words(
        '`A` unmaps 4 pages on CPU 0. Which CPU gets a `remote shootdown`?',
        '`A` 在 CPU 0 上 unmap 4 页。哪个 CPU 收到 `remote shootdown`？',
      ),
      answer: choices('CPU 0', 'CPU 1', 'none'),
      check: checkRemote,
    },
    {
      id: 'quiet',
      ask: words(
        'Change `k` so that `munmap` sends no IPI although `k` is running on CPU 1 just then.',
        '修改 `k`，使得 `munmap` 时 `k` 仍在 CPU 1 上运行，却不需要发 IPI。',
      ),
      answer: { kind: 'machine' },
      check: checkQuiet,
    },
  ],
});

/** The flushes with this reason, up to the moment at which the process has unmapped. */
function flushes(ran: Ran, reason: string): { readonly at: number; readonly cpu: number }[] {
  const end = unmapAt(ran);
  return ran.events.filter(
    (event) => event.at <= end + 50_000 && isEvent(event, TLB_FLUSH) && event.text.includes(reason),
  );
}

function unmapAt(ran: Ran): number {
  return ran.events.find((event) => isEvent(event, TLB_FLUSH) && event.text.includes('local mm shootdown'))?.at ?? 0;
}

function checkLoads(ran: Ran, answer: string): Verdict {
  const end = unmapAt(ran);
  if (end === 0) return no('In this run nothing was unmapped.', '这次运行里没有 unmap。');
  const first = ran.events.find((event) => event.name === 'sched_switch' && event.text.includes('next_comm=A '));
  const loads = flushes(ran, 'flush on task switch').filter(({ cpu, at }) => cpu === 0 && at > (first?.at ?? 0)).length;
  if (typed(answer) === loads)
    return yes(
      `Yes: ${loads}. The page tables of \`A\` stay loaded while \`lazy\` borrows them, so coming back costs nothing.`,
      `对：${loads}。\`lazy\` 借用期间 \`A\` 的页表一直装载着，所以切回来什么也不用做。`,
    );
  return no(
    'Count the lines `tlb_flush` with that reason on CPU 0, between the first time that `A` gets the CPU and its `local mm shootdown`.',
    '数一数 CPU 0 上以此为原因的 `tlb_flush`，从 `A` 第一次得到 CPU 起，到它的 `local mm shootdown` 为止。',
  );
}

function checkRemote(ran: Ran, answer: string): Verdict {
  if (unmapAt(ran) === 0) return no('In this run nothing was unmapped.', '这次运行里没有 unmap。');
  const [remote] = flushes(ran, 'remote shootdown');
  const where = remote === undefined ? 'none' : `CPU ${remote.cpu}`;
  if (answer !== where)
    return no(
      'No. A CPU has to flush only what it may have cached: look for who has the address space of `A` loaded, and uses it.',
      '不对。一个 CPU 只需要刷新它可能缓存过的东西：看看谁装载着 `A` 的地址空间，并且正在用。',
    );
  return remote === undefined
    ? yes('Yes: nobody else uses that address space.', '对：没有别人在用这个地址空间。')
    : yes(
        `Yes, ${where}: \`k\` has adopted the address space with kthread_use_mm. To the TLB it is a thread of \`A\`.`,
        `对，${where}：\`k\` 用 kthread_use_mm 领用了这个地址空间。对 TLB 来说，它就是 \`A\` 的一个线程。`,
      );
}

function checkQuiet(ran: Ran): Verdict {
  if (ran.kind !== 'ok') return failed(ran.message);
  const end = unmapAt(ran);
  if (end === 0) return no('In this run nothing was unmapped.', '这次运行里没有 unmap。');
  const busy = runNsOf(ran, 1, 'k', 0);
  const ranThen =
    ran.events.some(({ at, cpu, text }) => cpu === 1 && at < end && text.startsWith('km k > busy')) &&
    !ran.events.some(({ at, text }) => at < end && text.startsWith('km k < busy'));
  if (!ranThen || busy === 0)
    return no('`k` was not at work on CPU 1 when `A` unmapped.', '`A` 执行 unmap 时，`k` 并没有在 CPU 1 上工作。');
  const sent = flushes(ran, 'remote ipi send').length;
  if (sent > 0)
    return no(
      `${sent} IPI still: CPU 1 has the address space of \`A\` loaded because \`k\` asked for it.`,
      `仍有 ${sent} 个 IPI：因为 \`k\` 要求装载，CPU 1 上还是 \`A\` 的地址空间。`,
    );
  return yes(
    'Yes. A kernel thread that touches no user memory needs no address space; CPU 1 never loads that of `A`, and is not asked.',
    '对。不碰用户内存的内核线程不需要地址空间；CPU 1 从未装载 `A` 的地址空间，也就不必通知它。',
  );
}
