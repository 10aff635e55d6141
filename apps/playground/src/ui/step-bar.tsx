import type { JSX } from 'preact';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { formatNs } from '../timeline/format.ts';
import type { TimelineModel } from '../timeline/model.ts';
import { stepEvent, stepSwitch, stepTick, stepWakeup } from '../timeline/steps.ts';
import { wholeView, zoomed } from '../timeline/view.ts';
import { Icon } from './icon.tsx';

/** Back and forward: by event, tick, wakeup of the task, switch of the CPU; and where the cursor is. */
export function StepBar({ bench }: { readonly bench: Workbench }): JSX.Element {
  const model = bench.model.value;
  const n = model?.run.events.count ?? 0;
  const { cpu, pid } = subject(bench, model);
  const comm = model?.commOf(pid) ?? '';
  const go = (step: (model: TimelineModel, event: number) => number) => () => {
    if (model !== null) bench.seek(step(model, bench.cursor.value));
  };
  const zoom = (factor: number) => () =>
    (bench.view.value = zoomed(bench.view.value, factor, bench.cursorNs.value, bench.lengthNs));
  const pair = (
    name: string,
    back: string,
    forward: string,
    step: (model: TimelineModel, event: number, by: 1 | -1) => number,
  ): JSX.Element => (
    <span class="step-pair">
      <button class="icon" title={back} aria-label={back} disabled={n === 0} onClick={go((m, e) => step(m, e, -1))}>
        <Icon name="back" />
      </button>
      <span class="step-name">{name}</span>
      <button
        class="icon"
        title={forward}
        aria-label={forward}
        disabled={n === 0}
        onClick={go((m, e) => step(m, e, 1))}
      >
        <Icon name="forward" />
      </button>
    </span>
  );
  return (
    <div class="bar step-bar" role="group" aria-label={t('step.label')}>
      {pair(t('step.event'), t('step.back'), t('step.forward'), stepEvent)}
      {pair(t('step.tickShort'), t('step.tickBack'), t('step.tick'), stepTick)}
      {pair(t('step.wakeup'), t('step.wakeBack', { comm }), t('step.wake', { comm }), (m, e, by) =>
        stepWakeup(m, e, pid, by),
      )}
      {pair(t('step.switchShort'), t('step.switchBack', { cpu }), t('step.switch', { cpu }), (m, e, by) =>
        stepSwitch(m, e, cpu, by),
      )}
      <input
        class="scrub"
        type="range"
        min={0}
        max={Math.max(0, n - 1)}
        value={bench.cursor.value}
        disabled={n === 0}
        aria-label={t('step.scrub')}
        aria-valuetext={t('step.position', { i: bench.cursor.value + 1, n })}
        onInput={({ currentTarget }) => bench.seek(Number(currentTarget.value))}
      />
      <output class="position">
        {formatNs(bench.cursorNs.value)} <span class="muted">{`${n === 0 ? 0 : bench.cursor.value + 1}/${n}`}</span>
      </output>
      <span class="step-pair">
        <button class="icon" title={t('timeline.zoomOut')} aria-label={t('timeline.zoomOut')} onClick={zoom(1.6)}>
          <Icon name="minus" />
        </button>
        <button
          class="icon"
          title={t('timeline.all')}
          aria-label={t('timeline.all')}
          onClick={() => (bench.view.value = wholeView(bench.lengthNs))}
        >
          <Icon name="all" />
        </button>
        <button class="icon" title={t('timeline.zoomIn')} aria-label={t('timeline.zoomIn')} onClick={zoom(1 / 1.6)}>
          <Icon name="plus" />
        </button>
      </span>
    </div>
  );
}

/** The CPU and the task that steps are about: those of the selected row, else of the event under the cursor. */
function subject(bench: Workbench, model: TimelineModel | null): { cpu: number; pid: number } {
  if (model === null || model.run.events.count === 0) return { cpu: 0, pid: 0 };
  const { lanes, events, spans } = model.run;
  const event = bench.cursor.value;
  const lane = lanes[bench.lane.value];
  const at = { cpu: events.cpu[event]!, pid: events.pid[event]! };
  const first = lanes.find(({ kind }) => kind === 'task')?.id ?? 0;
  if (lane === undefined) return at.pid === 0 ? { ...at, pid: first } : at;
  const span = model.spanAt(lane, bench.cursorNs.value + model.run.startNs);
  const who = span < 0 ? 0 : spans.who[span]!;
  return lane.kind === 'cpu' ? { cpu: lane.id, pid: who === 0 ? first : who } : { cpu: who, pid: lane.id };
}
