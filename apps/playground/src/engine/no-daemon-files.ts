/** Stands in for the file of the command line that loads daemons from disk: a page has no files. */
export const EXAMPLE_DAEMONS: readonly string[] = [];

/** No name leads to a file. */
export function findDaemonFile(_what: string): null {
  return null;
}

/** Never called, because {@link findDaemonFile} finds nothing. */
export function importDaemon(): Promise<never> {
  return Promise.reject(new Error('there are no files here'));
}
