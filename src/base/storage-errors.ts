import { type ErrorCode, LikenessError, memoryError } from './errors.ts';

/** By the system's codes in Node, and the names of errors in browsers. */
const reasons: Record<string, [ErrorCode, string]> = {
  ENOSPC: ['storage-full', 'there is no room left on the disk'],
  EDQUOT: ['storage-full', 'there is no room left in your quota'],
  EFBIG: ['storage-full', 'the file system takes no larger file'],
  QuotaExceededError: ['storage-full', 'the quota of this site is used up'],
  EACCES: ['storage-denied', 'there is no permission'],
  EPERM: ['storage-denied', 'there is no permission'],
  EROFS: ['storage-denied', 'the disk is read-only'],
  ERR_ACCESS_DENIED: ['storage-denied', 'Node’s permission model denies it (--allow-fs-write)'],
  NotAllowedError: ['storage-denied', 'there is no permission'],
  SecurityError: ['storage-denied', 'this page may not store anything'],
  ENOTDIR: ['bad-argument', 'a part of that path is a file'],
  EEXIST: ['bad-argument', 'a part of that path is a file'],
  EISDIR: ['bad-argument', 'it is a folder'],
  ELOOP: ['bad-argument', 'its links lead round in a circle'],
  ENAMETOOLONG: ['bad-argument', 'the name is too long'],
  NoModificationAllowedError: ['locked', 'another tab has the file open'],
};

const advice: Partial<Record<ErrorCode, string>> = {
  'storage-full': 'free some, then try again; what was stored before is there',
  'storage-denied': 'what was stored before can be read',
  'storage-failed': 'what was stored before is there; open the index again to write',
  'bad-argument': 'name another place',
  locked: 'close it there, then try again',
};

/** What a store threw, as a {@link LikenessError} that says what was being done. */
export function storageError(error: unknown, doing: string): LikenessError {
  const known = memoryError(error, doing);
  if (known instanceof LikenessError) return known;
  const { code, name, message } = error as NodeJS.ErrnoException;
  // A DOMException has a number for its code.
  const key = typeof code === 'string' ? code : name;
  const [kind, why] = reasons[key] ?? [
    'storage-failed' as const,
    message.startsWith(key) ? message : `${key}: ${message}`,
  ];
  return new LikenessError(kind, `${doing} failed: ${why}; ${advice[kind]}.`, { cause: error });
}

/** What a system call threw while `path` was written, as a {@link LikenessError} that says so; other errors as they are. */
export function cannotWrite(path: string, error: unknown, doing = 'Nothing can be written to'): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof LikenessError || !code || !/^(E[A-Z0-9]+|ERR_ACCESS_DENIED)$/.test(code)) return error;
  const [kind, why] =
    code === 'ENOENT'
      ? (['bad-argument', 'the system lets nothing be made there'] as const)
      : (reasons[code] ?? ['storage-failed', `the system says ${code}`]);
  return new LikenessError(kind, `${doing} ${path}: ${why}. What was there is as it was.`, { cause: error });
}
