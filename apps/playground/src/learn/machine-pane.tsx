import type { JSX } from 'preact';
import { Editor } from '../editor/editor.tsx';
import { Timeline } from '../timeline/timeline.tsx';
import { StepBar } from '../ui/step-bar.tsx';
import { Verdict } from '../ui/verdict.tsx';
import { WhyPanel } from '../ui/why-panel.tsx';
import type { Knob } from './lesson.ts';
import type { LessonBench } from './lesson-bench.ts';
import { say, w } from './ui-words.ts';

/** The live machine: what it runs, a button to run it, its timeline, and what there is to look at afterwards. */
export function MachinePane({ bench }: { readonly bench: LessonBench }): JSX.Element {
  const { work, original, card } = bench;
  const model = work.model.value;
  return (
    <section class="machine" aria-label={w('machine')}>
      <div class="bar">
        <h2>{w('machine')}</h2>
        <span class="muted machine-note" role="status">
          {bench.busy.value ? w('running') : bench.changed.value ? w('changed') : ''}
        </span>
        <button class="quiet" onClick={() => bench.reset()}>
          {w('reset')}
        </button>
        <button class="primary" disabled={bench.busy.value} onClick={() => void bench.run()}>
          {w('run')}
        </button>
      </div>
      {original === null ? (
        <div class="bar knobs">
          {(card.knobs ?? []).map((knob) => (
            <KnobControl key={knob.id} bench={bench} knob={knob} />
          ))}
        </div>
      ) : (
        <div class="machine-source" style={{ '--lines': original.trimEnd().split('\n').length }}>
          <Editor
            language="scenario"
            text={bench.scenario.value}
            label={w('scenario')}
            line={bench.problems.value[0]?.line ?? 0}
            onChange={(scenario) => (bench.scenario.value = scenario)}
            onRun={() => void bench.run()}
          />
        </div>
      )}
      <Problems bench={bench} />
      <div class="machine-timeline">
        {model === null ? <div class="timeline" /> : <Timeline bench={work} model={model} main />}
        <StepBar bench={work} />
        <Verdict bench={work} />
        <WhyPanel bench={work} />
      </div>
      {bench.panels.value.map(({ title, text }) => (
        <figure key={title} class="panel">
          <figcaption>{title}</figcaption>
          <pre tabIndex={0} aria-label={title}>
            {text}
          </pre>
        </figure>
      ))}
    </section>
  );
}

function KnobControl({ bench, knob }: { readonly bench: LessonBench; readonly knob: Knob }): JSX.Element {
  return (
    <label>
      {say(knob.label)}{' '}
      <select
        name={knob.id}
        value={String(bench.settings.value[knob.id])}
        onChange={(event) => {
          bench.settings.value = { ...bench.settings.value, [knob.id]: Number(event.currentTarget.value) };
          void bench.run();
        }}
      >
        {knob.values.map((value) => (
          <option key={value} value={String(value)}>
            {value}
          </option>
        ))}
      </select>
    </label>
  );
}

function Problems({ bench }: { readonly bench: LessonBench }): JSX.Element | null {
  const { problems, failure } = bench;
  if (problems.value.length === 0 && failure.value === '') return null;
  return (
    <div class="problems" role="alert">
      {failure.value === '' ? null : <p>{failure.value}</p>}
      <ul>
        {problems.value.map(({ line, column, message }) => (
          <li key={`${line}:${column}`}>
            <strong>{w('line', { line })}</strong> {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
