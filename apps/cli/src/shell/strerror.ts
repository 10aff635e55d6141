const MESSAGES: ReadonlyMap<number, string> = new Map([
  [1, 'Operation not permitted'],
  [2, 'No such file or directory'],
  [3, 'No such process'],
  [4, 'Interrupted system call'],
  [5, 'Input/output error'],
  [11, 'Resource temporarily unavailable'],
  [12, 'Cannot allocate memory'],
  [13, 'Permission denied'],
  [14, 'Bad address'],
  [16, 'Device or resource busy'],
  [17, 'File exists'],
  [19, 'No such device'],
  [20, 'Not a directory'],
  [21, 'Is a directory'],
  [22, 'Invalid argument'],
  [95, 'Operation not supported'],
  [110, 'Connection timed out'],
]);

/** What strerror(3) says. @param result a negative errno, or the number itself */
export function strerror(result: number): string {
  const errno = Math.abs(result);
  return MESSAGES.get(errno) ?? `Unknown error ${errno}`;
}
