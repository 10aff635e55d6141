// errno values of file operations, to be returned negated
export { ENOENT } from '@kernel-model/scheduler';
/** Not a directory. */
export const ENOTDIR = 20;
/** A directory where a file is wanted. */
export const EISDIR = 21;
