import { joined } from '../../base/bytes.ts';
import type { StoreLock } from '../../base/lock.ts';
import { type Calls, connect, domPort, serve, transfer } from '../../base/rpc.ts';
import type { Store, StoredFile } from '../format/files.ts';

/** What a worker asks of a store in its page. Files and locks go by number. */
interface StoreCalls {
  list(): ReturnType<Store['list']>;
  open(...args: Parameters<Store['open']>): Promise<number>;
  remove(name: string): Promise<void>;
  size(file: number): Promise<number>;
  /** At most `length` bytes. */
  read(file: number, at: number, length: number): Promise<Uint8Array>;
  write(file: number, at: number, bytes: Uint8Array): Promise<void>;
  truncate(file: number, size: number): Promise<void>;
  sync(file: number): Promise<void>;
  close(file: number): Promise<void>;
  lock(): Promise<number | undefined>;
  check(lock: number): Promise<void>;
  release(lock: number): Promise<void>;
}

/** A store of the page as it is posted to the worker, once. */
export interface PostedStore extends Required<Pick<Store, 'name' | 'readOnly' | 'randomReads' | 'warnings'>> {
  again: string | undefined;
  port: MessagePort;
}

/** In the page: does what the worker asks. `end` closes what is open when the worker has ended. */
function answering(store: Store): { calls: StoreCalls; end(): void } {
  const files = new Map<number, StoredFile>();
  const locks = new Map<number, StoreLock>();
  let last = 0;
  const calls: StoreCalls = {
    list: () => store.list(),
    async open(name, mode) {
      files.set(++last, await store.open(name, mode));
      return last;
    },
    remove: (name) => store.remove(name),
    size: (file) => files.get(file)!.size(),
    async read(file, at, length) {
      const bytes = new Uint8Array(length);
      const read = await files.get(file)!.read(at, bytes);
      return transfer(bytes.subarray(0, read), [bytes.buffer]);
    },
    write: (file, at, bytes) => files.get(file)!.write(at, [bytes]),
    truncate: (file, size) => files.get(file)!.truncate(size),
    sync: (file) => files.get(file)!.sync(),
    async close(file) {
      await files.get(file)!.close();
      files.delete(file);
    },
    async lock() {
      const lock = await store.lock();
      if (lock) locks.set(++last, lock);
      return lock && last;
    },
    check: (lock) => locks.get(lock)!.check(),
    async release(lock) {
      await locks.get(lock)!.release();
      locks.delete(lock);
    },
  };
  const end = (): void => {
    for (const file of files.values()) void file.close().catch(() => {});
    for (const lock of locks.values()) void lock.release().catch(() => {});
  };
  return { calls, end };
}

/** In the worker: a store of the page, which is asked by messages. */
export class RemoteStore implements Store {
  readonly name: string;
  readonly readOnly: boolean;
  readonly randomReads: boolean;
  readonly warnings: readonly string[];
  readonly again?: string;
  readonly #calls: Calls<StoreCalls>;

  constructor({ name, readOnly, randomReads, warnings, again, port }: PostedStore) {
    this.name = name;
    this.readOnly = readOnly;
    this.randomReads = randomReads;
    this.warnings = warnings;
    if (again !== undefined) this.again = again;
    this.#calls = connect<StoreCalls>(domPort(port)).calls;
  }

  list(): ReturnType<Store['list']> {
    return this.#calls.list();
  }

  async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    const calls = this.#calls;
    const file = await calls.open(name, mode);
    return {
      size: () => calls.size(file),
      async read(at, into) {
        const bytes = await calls.read(file, at, into.length);
        into.set(bytes);
        return bytes.length;
      },
      async write(at, parts) {
        // A part may be a view of a large buffer, and all of that would be posted.
        const bytes = joined(parts);
        await calls.write(file, at, transfer(bytes, [bytes.buffer]));
      },
      truncate: (size) => calls.truncate(file, size),
      sync: () => calls.sync(file),
      close: () => calls.close(file),
    };
  }

  remove(name: string): Promise<void> {
    return this.#calls.remove(name);
  }

  async lock(): Promise<StoreLock | undefined> {
    const calls = this.#calls;
    const lock = await calls.lock();
    if (lock === undefined) return undefined;
    return { check: () => calls.check(lock), release: () => calls.release(lock) };
  }
}

/** In the page: what is posted to a worker, so that it can use this store. */
export function postStore(store: Store): PostedStore {
  const { port1, port2 } = new MessageChannel();
  const { calls, end } = answering(store);
  // The worker has ended; not all browsers tell.
  port1.addEventListener('close', end);
  serve(domPort(port1), () => calls);
  const { name, readOnly, randomReads = false, warnings = [], again } = store;
  return transfer({ name, readOnly, randomReads, warnings, again, port: port2 }, [port2]);
}
