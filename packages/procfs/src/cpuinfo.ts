import type { Scheduler } from '@kernel-model/scheduler';

/** /proc/cpuinfo: a block for each CPU that is online. The CPU is no real one. @linux arch/x86/kernel/cpu/proc.c show_cpuinfo() */
export function cpuinfoFile(s: Scheduler): string {
  return [...s.onlineMask].map((cpu) => block(cpu, s.nrCpus)).join('');
}

function block(cpu: number, nrCpus: number): string {
  const rows: readonly (readonly [string, string | number])[] = [
    ['processor\t', cpu],
    ['vendor_id\t', 'kernel-model'],
    ['cpu family\t', 6],
    ['model\t\t', 0],
    ['model name\t', 'kernel-model virtual CPU'],
    ['stepping\t', 0],
    ['physical id\t', 0],
    ['siblings\t', nrCpus],
    ['core id\t\t', cpu],
    ['cpu cores\t', nrCpus],
    ['apicid\t\t', cpu],
    ['initial apicid\t', cpu],
  ];
  return `${rows.map(([name, value]) => `${name}: ${value}`).join('\n')}\n\n`;
}
