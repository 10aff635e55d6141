import { describe, expect, test } from '@jest/globals';
import { Sim } from '@kernel-model/sim';
import { LOG_BUF_LEN, Reports } from './reports.ts';

const log = (): Reports => new Reports(new Sim(), () => null);

describe('the kernel log', () => {
  test('forgets its oldest lines when there is no more room, and no more of them than needed', () => {
    const reports = log();
    const text = 'x'.repeat(1000);
    for (let i = 0; i < 1000; i++) reports.printk('info', `${String(i).padStart(3, '0')}${text}`);
    const kept = Math.floor(LOG_BUF_LEN / 1003);
    expect(reports.lines).toHaveLength(kept);
    expect(reports.lines[0]!.text.slice(0, 3)).toBe(String(1000 - kept));
    expect(reports.lines.at(-1)!.text.slice(0, 3)).toBe('999');
  });

  test('knows the first BUG and the first WARN even so: what a run came to depends on them', () => {
    const reports = log();
    reports.printk('bug', 'BUG: first');
    reports.warn('first');
    for (let i = 0; i < 300; i++) reports.warn('x'.repeat(1000));
    expect(reports.lines.some(({ level }) => level === 'bug')).toBe(false);
    expect(reports.first('bug')!.text).toBe('BUG: first');
    expect(reports.first('warn')!.text).toBe('WARNING: first');
    expect(reports.first('err')).toBeNull();
  });

  test('says once what is to be said once, though the line is gone', () => {
    const reports = log();
    reports.printkOnce('err', 'once');
    reports.printk('info', 'x'.repeat(LOG_BUF_LEN));
    reports.printkOnce('err', 'once');
    expect(reports.lines).toHaveLength(1);
  });
});
