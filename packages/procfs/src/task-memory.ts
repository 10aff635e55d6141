import { PAGE_SIZE, type Mm } from '@kernel-model/mm';
import type { Task } from '@kernel-model/scheduler';

/** How much of its address space a task has, in pages of 4 KiB. */
export interface TaskMemory {
  /** Mapped. */
  readonly size: number;
  /** Present: all of it is anonymous, as there are no files. */
  readonly resident: number;
}

/** What a task has mapped; null for one without an address space, as kernel threads are. @linux fs/proc/task_mmu.c task_statm() */
export function taskMemory(p: Task): TaskMemory | null {
  if (p.mm === null) return null;
  const { vmas, pages } = p.mm as Mm;
  const bytes = vmas.reduce((sum, { start, end }) => sum + end - start, 0);
  return { size: bytes / PAGE_SIZE, resident: pages.size };
}

/** The line of /proc/PID/statm: size, resident, shared, text, lib, data, dirty. @linux fs/proc/array.c proc_pid_statm() */
export function formatStatm(memory: TaskMemory | null): string {
  return memory === null ? '0 0 0 0 0 0 0\n' : `${memory.size} ${memory.resident} 0 0 0 ${memory.size} 0\n`;
}

/** The lines of /proc/PID/status, in KiB; none without an address space. @linux fs/proc/task_mmu.c task_mem() */
export function statusMemoryLines(memory: TaskMemory | null): string[] {
  if (memory === null) return [];
  const line = (name: string, pages: number): string => `${name}:\t${String(pages * KIB_PER_PAGE).padStart(8)} kB`;
  return [
    line('VmSize', memory.size),
    line('VmRSS', memory.resident),
    line('RssAnon', memory.resident),
    line('RssFile', 0),
    line('RssShmem', 0),
    line('VmData', memory.size),
  ];
}

/** /proc/PID/maps: a line for each mapping, by address. @linux fs/proc/task_mmu.c show_map_vma() */
export function mapsFile(p: Task): string {
  if (p.mm === null) return '';
  const hex = (address: number): string => address.toString(16).padStart(8, '0');
  return [...(p.mm as Mm).vmas]
    .sort((a, b) => a.start - b.start)
    .map(({ start, end }) => `${hex(start)}-${hex(end)} rw-p 00000000 00:00 0 \n`)
    .join('');
}

/** KiB in a page. */
export const KIB_PER_PAGE: number = PAGE_SIZE / 1024;
