/** As workers have it; the page's types leave it out. */
export interface SyncAccessHandle {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

export type FileHandle = FileSystemFileHandle & {
  /** @param options browsers without modes open it to write, which keeps others out as well */
  createSyncAccessHandle(options?: { mode: 'readwrite' | 'read-only' }): Promise<SyncAccessHandle>;
};

/** What browsers throw where a file is in use: the standard's name, and WebKit's. */
const busyNames = ['NoModificationAllowedError', 'InvalidStateError'];

/** Far more than a reader keeps a file. */
const timeoutMs = 3000;

/**
 * Does what a file's readers stand in the way of, as soon as they have let go of it.
 *
 * @throws what `work` throws; one of those where the file is in use for longer
 */
export async function whenFree<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!busyNames.includes((error as Error).name) || performance.now() > until) throw error;
      await new Promise((done) => setTimeout(done, 5));
    }
  }
}
