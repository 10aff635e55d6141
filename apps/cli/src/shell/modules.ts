import type { MaySleep } from '@kernel-model/sim';
import type { Daemon } from '@kernel-model/daemons';
import type { Machine } from '@kernel-model/machine';

/** What insmod, rmmod and lsmod work on. */
export interface ModuleRegistry {
  /** The daemon that was given or added under this name, `-` and `_` being the same. */
  find(name: string): Daemon | undefined;
  /** From now on it can be loaded by its name. */
  add(daemon: Daemon): void;
  /** Names that can be loaded. */
  names(): readonly string[];
  /** Names that are loaded, latest first. */
  loaded(): readonly string[];
  /**
   * Load, in the context of the current task.
   * @returns what init_module(2) returns
   */
  insmod(daemon: Daemon, params: Readonly<Record<string, string>>): MaySleep<number>;
  /** Unload, in the context of the current task. @returns 0; -ENOENT if it is not loaded; otherwise what delete_module(2) returns */
  rmmod(name: string): MaySleep<number>;
}

/** The modules of a machine: daemons that can be loaded, by their names. */
export function daemonRegistry(machine: Machine, daemons: readonly Daemon[]): ModuleRegistry {
  const { modules } = machine;
  let known = [...daemons];
  return {
    find: (name) => known.find((daemon) => plain(daemon.name) === plain(name)),
    add: (daemon) => void (known = [...known.filter((d) => d.name !== daemon.name), daemon]),
    names: () => known.map((daemon) => daemon.name),
    loaded: () => modules.list.map((m) => m.daemon.name).reverse(),
    insmod: (daemon, params) => modules.insmod(daemon, params),
    rmmod(name) {
      const loaded = modules.list.find((m) => plain(m.daemon.name) === plain(name));
      return modules.rmmod(loaded?.daemon.name ?? name);
    },
  };
}

function plain(name: string): string {
  return name.replaceAll('-', '_');
}
