import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { TaskView } from '../engine/snapshot.ts';
import { t } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { formatNs } from '../timeline/format.ts';

const FILES = ['stack', 'status', 'sched', 'stat', 'schedstat', 'wchan', 'comm', 'cmdline'] as const;

/** ps, and the files of /proc/PID of the task that is chosen there. */
export function TasksView({ bench }: { readonly bench: Workbench }): JSX.Element {
  const pid = useSignal(0);
  const filter = useSignal('');
  const snapshot = bench.snapshot.value;
  if (snapshot === null) return <p class="muted">{t('view.none')}</p>;
  const wanted = filter.value.toLowerCase();
  const tasks = snapshot.tasks.filter((task) => `${task.pid} ${task.command}`.toLowerCase().includes(wanted));
  const lane = bench.run.value?.lanes[bench.lane.value];
  const chosen = pid.value !== 0 ? pid.value : lane?.kind === 'task' ? lane.id : 0;
  const task = snapshot.tasks.find((candidate) => candidate.pid === chosen);
  return (
    <div class="tasks">
      <div class="tasks-list">
        <input
          type="search"
          placeholder={t('tasks.filter')}
          aria-label={t('tasks.filter')}
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
        <table class="data ps">
          <thead>
            <tr>
              <th scope="col" class="n">
                PID
              </th>
              <th scope="col">STAT</th>
              <th scope="col" class="n">
                NI
              </th>
              <th scope="col" class="n">
                PSR
              </th>
              <th scope="col">WCHAN</th>
              <th scope="col">COMMAND</th>
            </tr>
          </thead>
          <tbody>
            {tasks.map((row) => (
              <TaskRow key={row.pid} row={row} chosen={row.pid === chosen} choose={() => (pid.value = row.pid)} />
            ))}
          </tbody>
        </table>
      </div>
      {chosen === 0 ? null : <TaskDetail bench={bench} task={task} pid={chosen} />}
    </div>
  );
}

function TaskRow(props: {
  readonly row: TaskView;
  readonly chosen: boolean;
  readonly choose: () => void;
}): JSX.Element {
  const { row, chosen, choose } = props;
  return (
    <tr class={chosen ? 'current' : ''}>
      <td class="n">{row.pid}</td>
      <td>{row.stat}</td>
      <td class="n">{row.cls === 'FF' || row.cls === 'DLN' ? '-' : row.nice}</td>
      <td class="n">{row.cpu}</td>
      <td>{row.wchan}</td>
      <td>
        <button class="link" aria-pressed={chosen} onClick={choose}>
          {row.command}
        </button>
      </td>
    </tr>
  );
}

function TaskDetail(props: {
  readonly bench: Workbench;
  readonly task: TaskView | undefined;
  readonly pid: number;
}): JSX.Element {
  const { bench, task, pid } = props;
  const file = useSignal<(typeof FILES)[number]>('stack');
  const text = useSignal('');
  const snapshot = bench.snapshot.value;
  useEffect(() => {
    let current = true;
    const event = snapshot?.event ?? 0;
    bench.engine.ask('read', { event, path: `/proc/${pid}/${file.value}` }).then(
      (read) => {
        if (current) text.value = read;
      },
      () => {},
    );
    return () => void (current = false);
  }, [snapshot, pid, file.value]);
  return (
    <div class="task-detail">
      <p>
        {task === undefined ? (
          t('tasks.gone')
        ) : (
          <>
            <strong>{task.comm}</strong> {task.state}, {formatNs(task.runtimeNs)}
          </>
        )}
      </p>
      <div class="chips" role="group" aria-label={t('tasks.file')}>
        {FILES.map((name) => (
          <button key={name} aria-pressed={file.value === name} onClick={() => (file.value = name)}>
            {name}
          </button>
        ))}
      </div>
      <pre tabIndex={0} aria-label={`/proc/${pid}/${file.value}`}>
        {text.value.replaceAll('\0', ' ')}
      </pre>
    </div>
  );
}
