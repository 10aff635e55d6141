import { PAGE_SIZE, WMARK_HIGH, WMARK_LOW, wmarkPages } from '@kernel-model/mm';
import type { MemoryView } from './memory-files.ts';

const KIB = PAGE_SIZE / 1024;

/** Sizes of the whole memory in KiB, by their names in /proc/meminfo, in its order. What the model does not have is left out. */
export function meminfo(memory: MemoryView): Map<string, number> {
  const sum = (of: (zone: MemoryView['zones'][number]) => number): number =>
    memory.zones.reduce((all, zone) => all + of(zone), 0);
  const pages = (counter: string): number => memory.counters.get(counter) ?? 0;
  const free = sum((zone) => zone.freePages);
  const anon = pages('nr_anon_pages');
  const file = pages('nr_file_pages');
  // what nobody may use, and the part of the page cache that is needed all the time
  const reserve = sum((zone) =>
    zone.managed === 0 ? 0 : Math.min(zone.managed, wmarkPages(zone, WMARK_HIGH) + Math.max(...zone.lowmemReserve)),
  );
  const low = sum((zone) => (zone.managed === 0 ? 0 : wmarkPages(zone, WMARK_LOW)));
  const available = Math.max(0, free - reserve + file - Math.min(Math.floor(file / 2), low));
  const rows: readonly (readonly [string, number])[] = [
    ['MemTotal', sum((zone) => zone.managed)],
    ['MemFree', free],
    ['MemAvailable', available],
    ['Buffers', 0],
    ['Cached', file],
    ['SwapCached', 0],
    ['Active', anon],
    ['Inactive', file],
    ['Active(anon)', anon],
    ['Inactive(anon)', 0],
    ['Active(file)', 0],
    ['Inactive(file)', file],
    ['SwapTotal', 0],
    ['SwapFree', 0],
    ['Dirty', pages('nr_dirty')],
    ['Writeback', 0],
    ['AnonPages', anon],
    ['Shmem', 0],
  ];
  return new Map(rows.map(([name, n]) => [name, n * KIB]));
}

/** /proc/meminfo. @linux fs/proc/meminfo.c meminfo_proc_show() */
export function meminfoFile(memory: MemoryView): string {
  return [...meminfo(memory)].map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`).join('');
}
