import type { Machine } from '@kernel-model/machine';
import { GFP_KERNEL, WMARK_HIGH, WMARK_LOW, WMARK_MIN, ZONE_NORMAL, wmarkPages } from '@kernel-model/mm';
import { MM_VMSCAN_DIRECT_RECLAIM_BEGIN, MM_VMSCAN_WAKEUP_KSWAPD, SCHED_SWITCH } from '@kernel-model/trace';
import type { Pgdat } from '@kernel-model/daemons';
import { choices, no, words, yes } from '../../choices.ts';
import { defineLesson, type Settings, type Verdict } from '../../lesson.ts';
import { typed, type Ran } from '../../ran.ts';

/** What the zone looked like, in pages. */
interface Notes {
  min: number;
  low: number;
  high: number;
  /** Free pages when kswapd was woken, and when it went to sleep again. */
  woken: number[];
  asleep: number[];
  /** How often the allocating thread had to reclaim for itself. */
  direct: number;
  stolen: number;
}

/** 5 GiB: zone Normal has the last of them. */
const MEMORY_PAGES = 1_310_720;
/** Pages that the thread takes in all. */
const WANTED = 24_000;
/** Free pages above the high mark to begin with: all the others hold what was read from disk. */
const LEFT = 300;

export const kswapd = defineLesson<Notes>({
  id: 'kswapd',
  title: words('kswapd and its marks', 'kswapd 与水位线'),
  about: words(
    'Three marks decide who frees memory, when it starts and when it stops.',
    '三条水位线决定由谁回收内存、何时开始、何时停止。',
  ),
  machine: {
    kind: 'boot',
    knobs: [
      { id: 'batch', label: words('Pages at a time', '每次分配的页数'), values: [64, 512, 4096] },
      { id: 'cpus', label: words('CPUs', 'CPU 数'), values: [2, 1] },
    ],
    config: ({ cpus }) => ({ cpus: cpus!, memoryPages: MEMORY_PAGES }),
    drive,
  },
  notes: () => ({ min: 0, low: 0, high: 0, woken: [], asleep: [], direct: 0, stolen: 0 }),
  panels: ({ notes }) => [{ title: 'zone Normal', text: table(notes) }],
  questions: [
    {
      id: 'woken',
      ask: words(
        'How many pages of zone Normal were free when kswapd was woken for the first time?',
        'kswapd 第一次被唤醒时，zone Normal 还有多少空闲页？',
      ),
      answer: { kind: 'number', unit: 'pages' },
      check: checkWoken,
    },
    {
      id: 'until',
      ask: words('Up to which mark does kswapd free pages?', 'kswapd 一直回收到哪条水位线？'),
      answer: choices('min', 'low', 'high'),
      check: checkUntil,
    },
    {
      id: 'direct',
      ask: words(
        'Set the machine so that the thread has to reclaim for itself (`mm_vmscan_direct_reclaim_begin`).',
        '设置这台机器，使线程不得不自己动手回收（`mm_vmscan_direct_reclaim_begin`）。',
      ),
      answer: { kind: 'machine' },
      check: checkDirect,
    },
  ],
});

function drive(machine: Machine, { batch = 64 }: Settings, notes: Notes): void {
  const k = machine.kernel;
  const { pgdat } = machine.daemons!;
  const zone = pgdat.zones[ZONE_NORMAL]!;
  fillWithPageCache(pgdat);
  notes.min = wmarkPages(zone, WMARK_MIN);
  notes.low = wmarkPages(zone, WMARK_LOW);
  notes.high = wmarkPages(zone, WMARK_HIGH);
  const free = (): number => zone.freePages;
  machine.hub.on(MM_VMSCAN_WAKEUP_KSWAPD).subscribe(() => notes.woken.push(free()));
  machine.hub.on(SCHED_SWITCH).subscribe(({ fields }) => {
    if (fields.prev_comm === 'kswapd0' && fields.prev_state === 'S') notes.asleep.push(free());
  });
  machine.hub.on(MM_VMSCAN_DIRECT_RECLAIM_BEGIN).subscribe(() => notes.direct++);
  machine.post(function* () {
    yield* k.kthreadRun(
      function* () {
        for (let pages = 0; pages < WANTED; pages++) {
          yield* pgdat.alloc(GFP_KERNEL, 0, true);
          if (pages % batch === batch - 1) yield* k.usleepRange(500, 500);
        }
        return 0;
      },
      null,
      'hungry',
    );
  });
  machine.runFor(0.3e9);
  notes.stolen = pgdat.pgstealKswapd;
}

/** What a machine looks like that has been up for a day: memory is full of what can be thrown away. */
function fillWithPageCache({ zones, lru }: Pgdat): void {
  for (const zone of zones) {
    const keep = wmarkPages(zone, WMARK_HIGH) + zone.lowmemReserve[ZONE_NORMAL]! + LEFT;
    const filled = Math.max(0, zone.freePages - keep);
    zone.freePages -= filled;
    lru[zone.index]! += filled;
  }
}

function checkWoken({ notes: { woken, low } }: Ran<Notes>, answer: string): Verdict {
  const [first] = woken;
  if (first === undefined) return no('In this run kswapd was not woken.', '这次运行里 kswapd 没有被唤醒。');
  if (Math.abs(typed(answer) - first) <= low / 50)
    return yes(
      `Yes: ${first}; the low mark is ${low}. The allocation that finds no zone above its low mark wakes kswapd and goes on: it still gets its page.`,
      `对：${first}；low 水位线是 ${low}。一次分配发现没有哪个 zone 高于 low，就唤醒 kswapd，然后继续：它照样拿到页。`,
    );
  return no(
    'No. The table shows the marks of the zone: one of them is the alarm.',
    '不对。表里有这个 zone 的水位线：其中一条就是警报线。',
  );
}

function checkUntil({ notes }: Ran<Notes>, answer: string): Verdict {
  const asleep = notes.asleep[0];
  if (asleep === undefined)
    return no('In this run kswapd did not go to sleep again.', '这次运行里 kswapd 没有再睡下。');
  // the thread takes a few pages more before kswapd sleeps
  const slack = (notes.high - notes.low) / 10;
  const reached = (['high', 'low', 'min'] as const).find((mark) => asleep >= notes[mark] - slack);
  if (answer === reached)
    return yes(
      `Yes: it went to sleep with ${asleep} pages free; ${reached} is ${notes[reached]}. Between low and high lies what it frees in one go.`,
      `对：它睡下时有 ${asleep} 个空闲页；${reached} 是 ${notes[reached]}。low 与 high 之间，就是它一口气回收的量。`,
    );
  return no(
    'No: it would be woken again by the next few allocations. It went to sleep with more pages free than that.',
    '不对：那样的话，再分配几页它又会被唤醒。它睡下时的空闲页比这多。',
  );
}

function checkDirect({ notes: { direct, min } }: Ran<Notes>): Verdict {
  if (direct > 0)
    return yes(
      `Yes, ${direct} times. It took pages faster than kswapd could free them, fell below min (${min}), and had to do the work itself: that is the stall one feels.`,
      `对，共 ${direct} 次。它拿页的速度超过了 kswapd 回收的速度，掉到 min（${min}）以下，只好自己动手：这就是人能感觉到的卡顿。`,
    );
  return no(
    'kswapd kept up: the thread never fell below min. Let it take more at a time.',
    'kswapd 跟得上：线程从没掉到 min 以下。让它一次拿得更多。',
  );
}

function table({ min, low, high, woken, asleep, direct, stolen }: Notes): string {
  const rows: [string, string | number][] = [
    ['min', min],
    ['low', low],
    ['high', high],
    ['kswapd woken', `${woken.length} times`],
    ['free when it slept', asleep[0] ?? '-'],
    ['pgsteal_kswapd', stolen],
    ['direct reclaim', direct === 0 ? 'none' : 'yes'],
  ];
  return rows.map(([name, value]) => name.padEnd(20) + String(value).padStart(10)).join('\n');
}
