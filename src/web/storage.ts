/** Storage that does not answer for so long is taken to be blocked: browsers and extensions may leave a call open for ever. */
const timeoutMs = 5000;
/** What was silent before is not waited for as long again. */
const shortTimeoutMs = 250;

/** Something that stores is missing, or does not answer. */
export class NoStorage extends Error {
  override readonly name = 'NoStorage';
  /** It may be there: it said nothing. */
  readonly silent: boolean;

  constructor(message: string, silent = false) {
    super(message);
    this.silent = silent;
  }
}

const silent = new Set<string>();

/**
 * Asks something of the browser's storage, which may be missing, throw at the first touch, or never answer.
 *
 * @param what for messages: `IndexedDB`
 * @throws what it throws, always as a rejection; NoStorage where it is silent
 */
export async function answered<T>(what: string, ask: () => T | Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, failed) => {
    timer = setTimeout(
      () => {
        silent.add(what);
        failed(new NoStorage(`${what} does not answer`, true));
      },
      silent.has(what) ? shortTimeoutMs : timeoutMs,
    );
  });
  const answer = (async () => ask())();
  answer.then(
    () => silent.delete(what),
    (error) => {
      if (!(error instanceof NoStorage) || !error.silent) silent.delete(what);
    },
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why storage cannot be used, for a message: `IndexedDB is missing`, `Web Locks are denied (SecurityError: …)`. */
export function whyNot(what: string, error: unknown): string {
  if (error instanceof NoStorage) return error.message;
  const { name, message } = error as Error;
  return `${what} cannot be used (${name}: ${message})`;
}

/** For a storage that takes nothing more: what is there can be read. */
export function unlessFull(error: unknown): void {
  if ((error as Error).name !== 'QuotaExceededError') throw error;
}

const isThere = <T>(thing: T | undefined, what: string): T => {
  if (thing === undefined || thing === null) {
    const insecure =
      globalThis.isSecureContext === false ? ', as the page comes neither by https nor from localhost' : '';
    throw new NoStorage(`${what} is missing${insecure}`);
  }
  return thing;
};

export const opfsName = 'the private file system (OPFS)';
export const indexedDbName = 'IndexedDB';
export const webLocksName = 'the Web Locks API';

/** The origin's private file system. */
export const privateFileSystem = (): Promise<FileSystemDirectoryHandle> =>
  answered(opfsName, () => {
    isThere(globalThis.FileSystemFileHandle, opfsName);
    const { storage } = navigator;
    isThere(storage?.getDirectory, opfsName);
    return storage.getDirectory();
  });

/** Whether files of the private file system can be written in place here: in a worker, in most browsers. */
export const writesInPlace = (): boolean =>
  typeof FileSystemFileHandle !== 'undefined' && 'createSyncAccessHandle' in FileSystemFileHandle.prototype;

export const indexedDatabases = (): IDBFactory => isThere(globalThis.indexedDB, indexedDbName);

export const webLocks = (): LockManager => isThere(globalThis.navigator?.locks, webLocksName);

/** A name that nobody else takes, without what only secure contexts have. */
export const probeName = (): string => `likeness-probe-${Math.random().toString(36).slice(2)}`;
