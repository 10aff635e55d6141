// errno values of file operations, to be returned negated
export { ENOENT } from '@kernel-model/scheduler';
/** An error of the device: here, a file that cannot be read. */
export const EIO = 5;
/** Not a directory. */
export const ENOTDIR = 20;
/** A directory where a file is wanted. */
export const EISDIR = 21;
