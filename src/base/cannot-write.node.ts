import { type ErrorCode, LikenessError } from './errors.ts';

/** By the system's codes. */
const reasons: Record<string, [ErrorCode, string]> = {
  ENOSPC: ['storage-full', 'there is no room left on the disk'],
  EDQUOT: ['storage-full', 'there is no room left in your quota'],
  EFBIG: ['storage-full', 'the file system takes no larger file'],
  EACCES: ['storage-denied', 'there is no permission'],
  EPERM: ['storage-denied', 'there is no permission'],
  EROFS: ['storage-denied', 'the disk is read-only'],
  ERR_ACCESS_DENIED: ['storage-denied', 'Node’s permission model denies it (--allow-fs-write)'],
  ENOTDIR: ['bad-argument', 'a part of that path is a file'],
  EEXIST: ['bad-argument', 'a part of that path is a file'],
  EISDIR: ['bad-argument', 'it is a folder'],
  ELOOP: ['bad-argument', 'its links lead round in a circle'],
  ENAMETOOLONG: ['bad-argument', 'the name is too long'],
  ENOENT: ['bad-argument', 'the system lets nothing be made there'],
};

/** What a system call threw while `path` was written, as a {@link LikenessError} that says so; other errors as they are. */
export function cannotWrite(path: string, error: unknown, doing = 'Nothing can be written to'): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof LikenessError || !code || !/^(E[A-Z0-9]+|ERR_ACCESS_DENIED)$/.test(code)) return error;
  const [kind, why] = reasons[code] ?? ['storage-failed', `the system says ${code}`];
  return new LikenessError(kind, `${doing} ${path}: ${why}. What was there is as it was.`, { cause: error });
}
