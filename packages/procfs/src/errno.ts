/** errno values of file operations, to be returned negated. */
export const ENOENT = 2;
/** See {@link ENOENT}: not a directory. */
export const ENOTDIR = 20;
/** See {@link ENOENT}: a directory where a file is wanted. */
export const EISDIR = 21;
