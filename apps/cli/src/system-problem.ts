/** What the codes of the operating system mean to somebody who named a file, and what to do. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory; check the path',
  ENOTDIR: 'a part of the path is a file, not a directory; check the path',
  EISDIR: 'this is a directory; name a file in it',
  EEXIST: 'this is a file, not a directory; name another place or remove it',
  EACCES: 'no permission; check who owns it and its mode',
  EPERM: 'the system does not permit it; check who owns it and its mode',
  EROFS: 'the file system is read-only; name another place',
  ENOSPC: 'no space is left on the device; make room or name another place',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'a symbolic link leads to itself',
  EMFILE: 'too many files are open',
};

/** An error of the file system in one sentence. @param verb what was tried: read, write */
export function systemProblem(error: unknown, verb: string): string {
  const { code = '', message = String(error) } = error as { code?: string; message?: string };
  return `cannot ${verb} it: ${MEANINGS[code] ?? message}`;
}
