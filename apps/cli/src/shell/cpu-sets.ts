import { Cpumask } from '@kernel-model/scheduler';

const CPUS = 64;

/** A mask as taskset takes it: hexadecimal, with or without 0x. @returns undefined if it is none, or has no CPU */
export function parseCpuMask(text: string): Cpumask | undefined {
  const digits = /^(?:0x)?([0-9a-f]{1,16})$/i.exec(text.replaceAll(',', ''))?.[1]?.padStart(16, '0');
  if (digits === undefined) return undefined;
  const mask = new Cpumask(parseInt(digits.slice(8), 16), parseInt(digits.slice(0, 8), 16));
  return mask.empty ? undefined : mask;
}

/** A list as taskset -c takes it: `0,2-3`, `0-7:2`. @returns undefined if it is none, or has no CPU */
export function parseCpuList(text: string): Cpumask | undefined {
  let mask = Cpumask.NONE;
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part);
    if (match === null) return undefined;
    const [from, to, step] = [Number(match[1]), Number(match[2] ?? match[1]), Number(match[3] ?? 1)];
    if (from > to || step < 1) return undefined;
    for (let cpu = from; cpu <= Math.min(to, CPUS - 1); cpu += step) mask = mask.or(Cpumask.of(cpu));
  }
  return mask.empty ? undefined : mask;
}

/** A list as taskset prints it: three or more in a row become a range. */
export function cpuList(mask: Cpumask): string {
  const cpus = [...mask];
  const parts: string[] = [];
  for (let i = 0; i < cpus.length;) {
    let end = i;
    while (end + 1 < cpus.length && cpus[end + 1] === cpus[end]! + 1) end++;
    if (end - i >= 2) parts.push(`${cpus[i]}-${cpus[end]}`);
    else parts.push(...cpus.slice(i, end + 1).map(String));
    i = end + 1;
  }
  return parts.join(',');
}
