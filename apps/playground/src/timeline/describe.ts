import type { StateName } from '../engine/protocol.ts';
import { t, type TextKey } from '../i18n/index.ts';
import { formatNs } from './format.ts';
import type { TimelineModel } from './model.ts';
import { whySpan, type Why } from './why.ts';

/** What a state is called. */
export function stateText(state: StateName): string {
  return t(`state.${state}` as TextKey);
}

/** A span and its neighbours in one sentence each, for those who do not see the picture. */
export function describeSpan(model: TimelineModel, span: number): string {
  const why = whySpan(model, span);
  return [headline(why), ...reasons(why)].join(' ');
}

/** Who did what, how long, where. */
export function headline(why: Why): string {
  const length = formatNs(why.endNs - why.startNs);
  if (why.lane.kind === 'cpu') {
    if (why.state === 'idle') return t('why.cpuIdle', { cpu: why.cpu, length });
    return t('why.cpuRuns', { cpu: why.cpu, comm: why.comm, pid: why.pid, length });
  }
  const values = { comm: why.lane.name, pid: why.lane.id, state: stateText(why.state), length, cpu: why.cpu };
  return why.state === 'running' || why.state === 'runnable' ? t('why.taskOnCpu', values) : t('why.task', values);
}

/** Why: who woke it, what it waited for, what came next. */
export function reasons(why: Why): string[] {
  const out: string[] = [];
  const { waker } = why;
  if (waker !== null) {
    const values = { comm: waker.comm, pid: waker.pid, cpu: waker.cpu, at: formatNs(waker.atNs) };
    out.push(waker.interrupt || waker.pid === 0 ? t('why.wokenByInterrupt', values) : t('why.wokenBy', values));
  }
  if (why.waitedNs > 0) out.push(t('why.waited', { length: formatNs(why.waitedNs) }));
  const others = why.meanwhile.filter((share) => share.pid !== why.lane.id);
  if (others.length > 0) {
    const list = others
      .slice(0, 4)
      .map(({ pid, comm, ns }) => `${pid === 0 ? t('state.idle') : comm} ${formatNs(ns)}`)
      .join(', ');
    out.push(t('why.meanwhile', { list }));
  }
  if (why.next !== null && why.lane.kind === 'task') out.push(t('why.next', { state: stateText(why.next) }));
  return out;
}
