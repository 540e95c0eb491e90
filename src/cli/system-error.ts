/** By the system's codes. */
const reasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of that path is a file',
  EISDIR: 'it is a folder',
  EACCES: 'there is no permission',
  EPERM: 'there is no permission',
  EROFS: 'the disk is read-only',
  ENOSPC: 'there is no room left on the disk',
  EDQUOT: 'there is no room left in your quota',
  ELOOP: 'its links lead round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk does not give it',
  EMFILE: 'too many files are open',
};

/** Why the system refused something, in words; `undefined` for another kind of error. */
export function reasonOf(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (!code || !syscall) return undefined;
  return reasons[code] ?? `the system says ${code}`;
}

/** An error of the system that nobody put in words before. */
export function systemSentence(error: unknown): string | undefined {
  const reason = reasonOf(error);
  if (reason === undefined) return undefined;
  const { path, syscall } = error as NodeJS.ErrnoException;
  return `${path ?? syscall}: ${reason}.`;
}
