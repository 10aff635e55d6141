import type { ComponentType, JSX } from 'preact';
import { t, type TextKey } from '../i18n/index.ts';
import type { Workbench } from '../state/workbench.ts';
import { TABS, type PlaygroundPage, type Tab } from '../state/page.ts';
import { formatNs } from '../timeline/format.ts';
import { CompareView } from './compare-view.tsx';
import { ExploreView } from './explore-view.tsx';
import { MemoryView } from './memory-view.tsx';
import { QueuesView } from './queues-view.tsx';
import { ShellView } from './shell-view.tsx';
import { TasksView } from './tasks-view.tsx';
import { TraceView } from './trace-view.tsx';
import { WorkersView } from './workers-view.tsx';

/** What a view of the state gets. */
export interface ViewProps {
  readonly bench: Workbench;
  readonly page: PlaygroundPage;
}

type TabView = ComponentType<ViewProps>;

const VIEWS: Readonly<Record<Tab, TabView>> = {
  queues: QueuesView,
  workers: WorkersView,
  memory: MemoryView,
  tasks: TasksView,
  trace: TraceView,
  shell: ShellView,
  explore: ExploreView,
  compare: CompareView,
};

/** The state of the machine at the instant under the cursor, from several sides. */
export function StatePane({ page }: { readonly page: PlaygroundPage }): JSX.Element {
  const { bench, tab } = page;
  const View = VIEWS[tab.value];
  const move = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = TABS[(TABS.indexOf(tab.value) + by + TABS.length) % TABS.length]!;
    tab.value = next;
    document.getElementById(`tab-${next}`)?.focus();
  };
  const snapshot = bench.snapshot.value;
  return (
    <section class="pane state-pane" aria-label={t('pane.state')}>
      <div class="tabs" role="tablist" aria-label={t('tab.label')} onKeyDown={move}>
        {TABS.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            role="tab"
            aria-selected={tab.value === name}
            aria-controls="tabpanel"
            tabIndex={tab.value === name ? 0 : -1}
            onClick={() => (tab.value = name)}
          >
            {t(`tab.${name}` as TextKey)}
          </button>
        ))}
        <span class="instant muted">{snapshot === null ? '' : formatNs(bench.cursorNs.value)}</span>
      </div>
      <div class="tabpanel" id="tabpanel" role="tabpanel" aria-labelledby={`tab-${tab.value}`} tabIndex={0}>
        <View bench={bench} page={page} />
      </div>
    </section>
  );
}
