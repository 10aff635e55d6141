import type { MaySleep } from '@kernel-model/sim';
import { boot, type BootConfig, type Machine, type RunResult } from '@kernel-model/machine';
import { EACCES } from '@kernel-model/scheduler';
import { EIO, EISDIR, ENOENT, ProcFiles, normalizePath } from '@kernel-model/procfs';
import { daemonSysctls, handleSysrq, type Daemon } from '@kernel-model/daemons';
import { didYouMean } from '@kernel-model/scenario';
import type { TextStream } from '../io.ts';
import { COMMANDS } from './commands.ts';
import type { Invocation, Paused } from './command.ts';
import {
  SyntaxProblem,
  TO_OUTPUT,
  parseList,
  parsePipeline,
  type ListEntry,
  type Pipeline,
  type SimpleCommand,
} from './command-line.ts';
import { NoSuchEvent, expandHistory } from './history.ts';
import { globFiles } from './glob.ts';
import { memoryView } from './memory-view.ts';
import { daemonRegistry, type ModuleRegistry } from './modules.ts';
import { ShellProcess } from './shell-process.ts';
import { strerror } from './strerror.ts';
import { asLine, substitutions } from './substitution.ts';
import { Tracefs } from './tracefs.ts';

/** Where a shell writes. */
export interface ShellStreams {
  /** With its height, if it is a terminal. */
  readonly stdout: TextStream & { readonly rows?: number };
  readonly stderr: TextStream;
}

/** How a shell is made. */
export interface ShellOptions {
  readonly machine?: BootConfig;
  /** A machine that runs already, instead of one that is booted. */
  readonly on?: Machine;
  /** What insmod can load. */
  readonly daemons?: readonly Daemon[];
  /**
   * The machine of `on` stands in the middle of a step, and cannot run: reading works, and a command that takes time is
   * refused with {@link TimeNeeded}.
   */
  readonly still?: boolean;
  /** A person types: commands that never end by themselves go on until Ctrl-C. */
  readonly interactive?: boolean;
}

/** A command needs time to pass on a machine that stands still; nothing has happened on the machine. */
export class TimeNeeded extends Error {
  constructor() {
    super('time has to pass');
    this.name = 'TimeNeeded';
  }
}

/** How {@link Shell.advance} came to its end. */
export type Advanced = 'done' | 'limit' | 'idle' | 'oops' | 'interrupted';

/** Who complains about a line. */
const NAME = '-sh';
/** Exit status after Ctrl-C. */
export const STATUS_INTERRUPTED = 130;
const STATUS_KILLED = 137;
const STATUS_NOT_FOUND = 127;
const STATUS_SYNTAX = 2;
/** Steps of the machine between two looks at the keyboard. */
const STEPS_AT_ONCE = 5000;
/** What a real shell needs until it reads its next line: threads that were told to end are gone by then. */
const PROMPT_NS = 1e6;
/** Virtual time in ns after which a command that acts on the machine is left to itself. */
const PATIENCE_NS = 10e9;

/**
 * A machine and the person at its console. Reading files takes no virtual time; a command that acts on the machine makes
 * its system calls in a process there, and time passes until they have returned.
 */
export class Shell {
  readonly machine: Machine;
  readonly files: ProcFiles;
  readonly modules: ModuleRegistry;
  readonly trace: Tracefs;
  readonly history: string[] = [];
  /** Directories on which devices are mounted, by device. */
  readonly mountPoints: Map<string, string> = new Map();
  readonly interactive: boolean;
  /** Where paths begin that do not begin with a slash. */
  cwd = '/';
  /** Where `cd -` goes. */
  previousCwd = '/';
  /** Exit status of the last command. */
  status = 0;
  /** `exit` was called. */
  ended = false;
  #streams: ShellStreams;
  /** null as long as the machine stands still. */
  #process: ShellProcess | null = null;
  /** Why the machine cannot go on; empty while it can. */
  #stopped = '';

  constructor(streams: ShellStreams, options: ShellOptions = {}) {
    this.#streams = streams;
    this.interactive = options.interactive ?? false;
    this.machine = options.on ?? boot({ hotplug: true, ...options.machine });
    const { sched, workqueues, hotplug, daemons } = this.machine;
    this.files = new ProcFiles(sched, workqueues, {
      ...(daemons !== null && {
        memory: memoryView(daemons),
        settings: daemonSysctls(daemons),
        oom: daemons.oomKiller,
        actions: new Map([['/proc/sysrq-trigger', (text: string) => handleSysrq(daemons, text)]]),
      }),
      ...(hotplug !== null && {
        setCpuOnline: (cpu: number, online: boolean) => (online ? hotplug.addCpu(cpu) : hotplug.removeCpu(cpu)),
      }),
    });
    this.modules = daemonRegistry(this.machine, options.daemons ?? []);
    this.trace = new Tracefs(this.machine);
    if (options.still === true) return;
    const process = new ShellProcess(this.machine);
    this.#process = process;
    this.machine.run(() => process.ready, this.machine.sim.now + PATIENCE_NS);
  }

  /** Pid of the process that acts for the shell. */
  get pid(): number {
    return this.#process?.task?.pid ?? 0;
  }

  /**
   * Run a line to its end at once; nobody can interrupt it, and daemons in files cannot be read meanwhile: see runLines()
   * @returns its exit status
   */
  runLine(line: string): number {
    const run = this.submit(line);
    for (;;) {
      const step = run.next(false);
      if (step.done === true) return step.value;
      if (step.value.until !== undefined) throw new Error('runLine() cannot wait for a file');
    }
  }

  /** Run a line that somebody typed, and remember it; one that refers to earlier lines is shown first. @returns its exit status */
  *submit(typed: string): Paused<number> {
    let line: string;
    try {
      line = expandHistory(typed, this.history);
    } catch (error) {
      if (!(error instanceof NoSuchEvent)) throw error;
      this.#streams.stderr.write(`${NAME}: ${error.message}\n`);
      return (this.status = 1);
    }
    if (line !== typed) this.#streams.stdout.write(`${line}\n`);
    if (line.trim() !== '') this.history.push(line);
    return yield* this.execute(line);
  }

  /** Run a line; see {@link Paused}. @returns its exit status */
  *execute(line: string): Paused<number> {
    let entries: ListEntry[];
    try {
      entries = parseList(line);
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      this.#streams.stderr.write(`${NAME}: ${error.message}\n`);
      return (this.status = STATUS_SYNTAX);
    }
    for (const { when, text } of entries) {
      if (when === 'success' && this.status !== 0) continue;
      if (when === 'failure' && this.status === 0) continue;
      const pipeline = parsePipeline(yield* this.#substitute(text), {
        variable: (name) => this.#variable(name),
        glob: (pattern) => globFiles(this, pattern),
      });
      // nothing is left of it if it was made of variables without a value
      if (pipeline.length > 0) this.status = yield* this.#runPipeline(pipeline);
      if (this.ended || this.status === STATUS_INTERRUPTED) break;
    }
    return this.status;
  }

  #variable(name: string): string {
    switch (name) {
      case '?':
        return String(this.status);
      case '$':
        return String(this.pid);
      case 'PWD':
        return this.cwd;
      case 'OLDPWD':
        return this.previousCwd;
      default:
        return '';
    }
  }

  /** Put what commands in `$(...)` write in their place. */
  *#substitute(text: string): Paused<string> {
    let line = '';
    let from = 0;
    for (const part of substitutions(text)) {
      line += text.slice(from, part.from) + asLine(part, yield* this.capture(part.command, this.#streams.stderr));
      from = part.to;
      // it was a shell of its own
      this.ended = false;
    }
    return line + text.slice(from);
  }

  /** Run a line and keep what it writes, errors too unless there is a stream for them. */
  *capture(line: string, errors?: ShellStreams['stderr']): Paused<string> {
    const streams = this.#streams;
    let text = '';
    const stream = { write: (piece: string) => (text += piece) };
    this.#streams = { stdout: stream, stderr: errors ?? stream };
    try {
      yield* this.execute(line);
    } finally {
      this.#streams = streams;
    }
    return text;
  }

  /** Lines that the terminal has; Infinity if it is none. */
  get rows(): number {
    return this.#streams.stdout.rows ?? Infinity;
  }

  /** Let the next `steps` things happen. */
  step(steps: number): Advanced {
    if (this.#process === null) throw new TimeNeeded();
    if (this.#stopped !== '') return 'oops';
    let left = steps;
    return this.#ended(this.machine.run(() => left-- <= 0));
  }

  /**
   * Let the machine run until `done` says so or until an instant.
   * @returns 'idle': nothing will ever happen; with a finite limit, time passes all the same
   */
  *advance(done: () => boolean, limitNs: number): Paused<Advanced> {
    if (this.#process === null) throw new TimeNeeded();
    if (this.#stopped !== '') return 'oops';
    try {
      return yield* this.#goOn(done, limitNs);
    } finally {
      this.machine.hub.flush();
    }
  }

  *#goOn(done: () => boolean, limitNs: number): Paused<Advanced> {
    const { machine } = this;
    for (;;) {
      if (done()) return 'done';
      let steps = STEPS_AT_ONCE;
      const result = machine.runOn(() => done() || steps-- <= 0, limitNs);
      switch (result.kind) {
        case 'done':
          if (yield { ms: 0 }) return 'interrupted';
          break;
        case 'limit':
          return 'limit';
        case 'idle':
          if (limitNs === Infinity || done()) return done() ? 'done' : 'idle';
          machine.sim.now = Math.max(machine.sim.now, limitNs);
          return 'limit';
        case 'oops':
          return this.#ended(result);
      }
    }
  }

  #ended(result: RunResult): Advanced {
    if (result.kind === 'oops') this.#stopped = result.error.message;
    return result.kind;
  }

  /** Say that the machine cannot go on. @returns an exit status */
  complainStopped(c: Invocation): number {
    c.err(`${c.name}: the machine has stopped: ${this.#stopped}\n`);
    return 1;
  }

  /**
   * Make system calls in the shell's process and let time pass until they have returned.
   * @returns what fn returned; or the exit status of a command that could not go on, after saying why
   */
  *call<T>(c: Invocation, fn: () => MaySleep<T>): Paused<{ readonly value: T } | { readonly failed: number }> {
    const { machine } = this;
    if (this.#process === null) throw new TimeNeeded();
    if (!this.#process.ready) this.#process = new ShellProcess(machine);
    const process = this.#process;
    const limitNs = machine.sim.now + PATIENCE_NS;
    yield* this.advance(() => process.ready, limitNs);
    if (!process.ready) return { failed: this.#stopped !== '' ? this.complainStopped(c) : fork(c) };
    let result: { readonly value: T } | null = null;
    process.request(function* () {
      result = { value: yield* fn() };
    });
    const end = yield* this.advance(() => result !== null || !process.alive, limitNs);
    // it is written by the machine, which the compiler does not see
    const returned = result as { readonly value: T } | null;
    if (returned !== null) {
      yield* this.advance(() => process.ready || !process.alive, limitNs);
      yield* this.advance(() => false, machine.sim.now + PROMPT_NS);
      return returned;
    }
    if (end === 'oops') return { failed: this.complainStopped(c) };
    if (end === 'interrupted') return { failed: STATUS_INTERRUPTED };
    if (!process.alive) return { failed: killed(c) };
    c.err(`${c.name}: has not returned after 10 s; it goes on in the background as pid ${process.task!.pid}\n`);
    return { failed: 1 };
  }

  *#runPipeline(pipeline: Pipeline): Paused<number> {
    let stdin: string | null = null;
    let status = 0;
    for (const [i, command] of pipeline.entries()) {
      let text = '';
      const last = i === pipeline.length - 1;
      const toConsole = last && command.output === null;
      const out = (piece: string): void => {
        if (toConsole) this.#streams.stdout.write(piece);
        else text += piece;
      };
      status = yield* this.#runCommand(command, stdin, out);
      if (status === STATUS_INTERRUPTED) return status;
      if (command.output !== null) {
        const written = yield* this.#redirect(command, text);
        if (last && written !== 0) status = written;
        text = '';
      }
      stdin = text;
    }
    return status;
  }

  *#runCommand(command: SimpleCommand, piped: string | null, out: (text: string) => void): Paused<number> {
    const [name, ...args] = command.words as [string, ...string[]];
    const { errors } = command;
    const err = (text: string): void => {
      if (errors === null) this.#streams.stderr.write(text);
      else if (errors === TO_OUTPUT) out(text);
    };
    if (errors !== null && errors !== TO_OUTPUT && errors !== '/dev/null') {
      this.#streams.stderr.write(`${NAME}: ${errors}: ${strerror(this.#whyUnwritable(errors) || -EACCES)}\n`);
      return 1;
    }
    let stdin = piped;
    if (command.input !== null) {
      const text = this.readFile(command.input);
      if (typeof text === 'number') {
        err(`${NAME}: ${command.input}: ${strerror(text)}\n`);
        return 1;
      }
      stdin = text;
    }
    const found = COMMANDS.get(name.replace(/^\/(usr\/)?s?bin\//, ''));
    if (found === undefined) {
      err(`${NAME}: ${name}: command not found${didYouMean(name, COMMANDS.keys())}\n`);
      return STATUS_NOT_FOUND;
    }
    const result = found.run({ shell: this, name: found.name, args, stdin, out, err });
    return typeof result === 'number' ? result : yield* result;
  }

  *#redirect(command: SimpleCommand, text: string): Paused<number> {
    const path = this.resolve(command.output!);
    const name = command.words[0]!;
    const err = (message: string): void => void this.#streams.stderr.write(message);
    const failed = (error: number): number => {
      if (error >= 0) return 0;
      err(`${NAME}: ${name}: write error: ${strerror(error)}\n`);
      return 1;
    };
    if (path === '/dev/null') return 0;
    const traced = this.trace.write(path, text, command.append);
    if (traced !== null) return failed(traced);
    const unwritable = this.#whyUnwritable(path);
    if (unwritable !== 0) {
      err(`${NAME}: ${command.output}: ${strerror(unwritable)}\n`);
      return 1;
    }
    const c: Invocation = { shell: this, name, args: [], stdin: null, out: () => {}, err };
    if (this.trace.isMarker(path)) {
      const marked = yield* this.call(c, () => this.trace.mark(text));
      return 'failed' in marked ? marked.failed : 0;
    }
    const written = yield* this.call(c, () => this.files.write(path, text));
    return 'failed' in written ? written.failed : failed(written.value);
  }

  /** What opening a file for writing says: files cannot be made. */
  #whyUnwritable(path: string): number {
    if (this.trace.isMarker(path)) return 0;
    const text = this.readFile(path);
    if (typeof text === 'string' || text === -EIO) return 0;
    if (text !== -ENOENT) return text;
    return typeof this.listDir(path.replace(/\/[^/]*$/, '') || '/') === 'number' ? -ENOENT : -EACCES;
  }

  /** The names in a directory; a negative errno. */
  listDir(path: string): string[] | number {
    const at = this.resolve(path);
    return this.trace.list(at) ?? this.files.list(at);
  }

  /** The text of a file; a negative errno. Files of tracing are there, too. */
  readFile(path: string): string | number {
    const at = this.resolve(path);
    if (at === '/dev/null') return '';
    const text = this.trace.read(at);
    if (text !== null) return text;
    return this.trace.list(at) === null ? this.files.read(at) : -EISDIR;
  }

  /** An absolute path, without `.`, `..` and double slashes; /proc/self is that of the shell. */
  resolve(path: string): string {
    const at = normalizePath(path.startsWith('/') ? path : `${this.cwd}/${path}`);
    return at.replace(/^\/proc\/self(?=\/|$)/, `/proc/${this.pid}`);
  }
}

function fork(c: Invocation): number {
  c.err(`${NAME}: fork: Resource temporarily unavailable\n`);
  return 1;
}

function killed(c: Invocation): number {
  c.err('Killed\n');
  return STATUS_KILLED;
}
