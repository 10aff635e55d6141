import { ScenarioError, parseScenario } from '@kernel-model/scenario';
import type { PageShell } from './page-shell.ts';
import type { Ask, Problem, Program, Reply, RequestName, Requests, RunData } from './protocol.ts';
import { Session } from './session.ts';

/** Where requests come from and answers go. */
export interface Port {
  post(reply: Reply, transfer: Transferable[]): void;
  /** Real time in ms. */
  clock(): number;
  /** The daemon of a program: what its code exports; null if it has none. */
  daemon(program: Program): unknown;
  /** What few readers ask for: a worker may load it when they do. */
  readonly later: {
    shell(): Promise<typeof import('./page-shell.ts')>;
    explore(): Promise<typeof import('./explore.ts')>;
  };
}

type Answers = {
  readonly [K in RequestName]: (
    data: Requests[K]['in'],
    progress: (text: string) => void,
  ) => Requests[K]['out'] | Promise<Requests[K]['out']>;
};

/** Answers requests about one program at a time, one after the other. */
export class Server {
  readonly #port: Port;
  #session: Session | null = null;
  #shell: PageShell | null = null;
  /** Over when all requests so far are answered. */
  #answered: Promise<void> = Promise.resolve();

  constructor(port: Port) {
    this.#port = port;
  }

  /** Answer a request; errors are answers, too. */
  take(ask: Ask): void {
    this.#answered = this.#answered.then(() => this.#answer(ask));
  }

  async #answer({ id, name, data }: Ask): Promise<void> {
    try {
      const progress = (text: string): void => this.#port.post({ id, kind: 'progress', text }, []);
      const answer = await this.#answers[name](data as never, progress);
      this.#port.post({ id, kind: 'answer', data: answer }, transferable(name, answer));
    } catch (error) {
      this.#port.post(failure(id, error), []);
    }
  }

  get #open(): Session {
    if (this.#session === null) throw new Error('nothing has run');
    return this.#session;
  }

  readonly #answers: Answers = {
    run: (program, progress) => {
      const session = new Session(program, this.#port.daemon(program));
      const data = session.run(progress, () => this.#port.clock());
      this.#session = session;
      this.#shell = null;
      return data;
    },
    snapshot: ({ event }) => this.#open.snapshot(event),
    read: ({ event, path }) => this.#open.read(event, path),
    lines: ({ from, count }) => this.#open.lines(Array.from({ length: count }, (_, i) => from + i)),
    linesOf: ({ events }) => this.#open.lines(events),
    find: ({ text }) => this.#open.find(text),
    trace: () => this.#open.trace(),
    chrome: () => this.#open.chrome(),
    check: ({ scenario }) => {
      try {
        parseScenario(scenario, 'scenario.yaml');
        return [];
      } catch (error) {
        if (error instanceof ScenarioError) return problemsOf(error);
        throw error;
      }
    },
    shell: async ({ event, line, fresh }) => {
      const { PageShell } = await this.#port.later.shell();
      if (fresh || this.#shell === null) this.#shell = new PageShell(this.#open);
      return this.#shell.run(line, event);
    },
    explore: async (request, progress) => {
      const { exploreProgram } = await this.#port.later.explore();
      return exploreProgram(
        request,
        () => this.#port.daemon(request),
        progress,
        () => this.#port.clock(),
      );
    },
  };
}

function failure(id: number, error: unknown): Reply {
  if (error instanceof ScenarioError) return { id, kind: 'problems', problems: problemsOf(error) };
  return { id, kind: 'failed', message: error instanceof Error ? error.message : String(error) };
}

function problemsOf(error: ScenarioError): Problem[] {
  return error.problems.map(({ message, line, column }) => ({ message, line, column, where: 'scenario' }));
}

function transferable(name: RequestName, answer: unknown): Transferable[] {
  if (name !== 'run') return [];
  const { events, spans } = answer as RunData;
  return [events, spans].flatMap((columns) =>
    Object.values(columns as object).flatMap((column: unknown) => (ArrayBuffer.isView(column) ? [column.buffer] : [])),
  ) as ArrayBuffer[];
}
