import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';

/** A page and the paths that lead to it: the paths begin with `/` and stand behind the `#` of the address. */
export interface Route {
  /** Prefix of the paths, for instance `/learn`. */
  readonly path: string;
  /** Loaded when somebody first goes there. */
  readonly load: () => Promise<{ readonly Page: ComponentType<PageProps> }>;
}

/** What a page gets. */
export interface PageProps {
  /** What follows the route's prefix: `/lost-wakeup`, or empty. */
  readonly rest: string;
}

/** The path in the address, for instance `/learn/lost-wakeup`. */
export const path = signal(pathOf(globalThis.location?.hash ?? ''));

/** Follow the address. */
export function followAddress(): void {
  addEventListener('hashchange', () => (path.value = pathOf(location.hash)));
}

/** `#/learn/x` is a path; anything else, such as a shared program, belongs to the playground. */
function pathOf(hash: string): string {
  return hash.startsWith('#/') ? hash.slice(1) : '/';
}

/** The route of a path; null for the playground itself. */
export function routeOf(routes: readonly Route[], at: string): Route | null {
  return routes.find((route) => at === route.path || at.startsWith(`${route.path}/`)) ?? null;
}
