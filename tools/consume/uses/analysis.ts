import { formatSpan } from '@kernel-model/analysis';

export const result: unknown = formatSpan(1_500_000);
export const expected: unknown = '1.5 ms';
