import { signal } from '@preact/signals';
import { exampleOf } from '../examples.ts';
import { fromHash } from './share.ts';
import { Workbench } from './workbench.ts';

/** Tabs of the state pane. */
export const TABS = ['queues', 'workers', 'memory', 'tasks', 'trace', 'shell', 'explore', 'compare'] as const;
/** One of {@link TABS}. */
export type Tab = (typeof TABS)[number];

/** Where the playground begins. */
const FIRST_EXAMPLE = 'nice-share';

/** What the playground's components share besides the run. */
export class PlaygroundPage {
  readonly bench: Workbench;
  readonly tab = signal<Tab>('queues');
  /** The example that was chosen last; empty for a program of one's own. */
  readonly example = signal(FIRST_EXAMPLE);
  readonly editing = signal<'scenario' | 'daemon'>('scenario');
  /** Pane that a phone shows. */
  readonly pane = signal<'code' | 'timeline' | 'state'>('timeline');
  /** Line of the scenario to point at; 0 for none. */
  readonly line = signal(0);

  constructor() {
    const { scenario } = exampleOf(FIRST_EXAMPLE);
    this.bench = new Workbench({ scenario, daemon: '', options: {} });
  }

  /** Run what the address holds, or the first example. */
  open(hash: string): Promise<boolean> {
    const shared = fromHash(hash);
    if (shared === null) return this.bench.start();
    const { scenario, daemon, options, tab, ...place } = shared;
    this.bench.source.value = { scenario, daemon, options };
    this.example.value = '';
    this.editing.value = daemon.trim() === '' ? 'scenario' : 'daemon';
    const wanted = TABS.find((name) => name === tab);
    if (wanted !== undefined) this.tab.value = wanted;
    return this.bench.start(place);
  }

  /** Load an example and run it. */
  choose(id: string): Promise<boolean> {
    this.example.value = id;
    this.editing.value = 'scenario';
    this.line.value = 0;
    this.bench.source.value = { scenario: exampleOf(id).scenario, daemon: '', options: {} };
    return this.bench.start();
  }
}
