import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { packagePath } from '../../../assets/package-root.node.ts';
import { LikenessError } from '../../../base/errors.ts';
import { type Remote, transfer } from '../../../base/rpc.ts';
import { startWorker } from '../../../base/start-worker.node.ts';
import { ByteCache } from './byte-cache.ts';
import type { SmallThread } from './thread.ts';

/** A photograph of 12 megapixels takes 100 MB while it is made small: few at a time. */
const threadsHere = (): number => (availableParallelism() >= 4 ? 2 : 1);
/** About 3000 small pictures. */
const cacheBytes = 64 << 20;
/** A thread that has nothing to do gives its memory back. */
const idleMs = 10_000;

/** A small picture that somebody waits for. */
interface Job {
  key: string;
  path: string;
  height: number;
  /** Requests that wait. */
  waiting: number;
  settle(bytes: Uint8Array | undefined): void;
  fail(error: unknown): void;
  made: Promise<Uint8Array | undefined>;
}

export interface SmallPicturesOptions {
  /** Default: 1, and 2 from 4 processors on. */
  threads?: number;
  /** Default: 64 MiB. */
  cacheBytes?: number;
  /** Starts a thread; default: the one of this package. */
  start?: () => Remote<SmallThread>;
}

/** Makes small pictures of files, a few at a time in threads, and keeps the last ones. */
export class SmallPictures {
  readonly #cache: ByteCache;
  readonly #jobs = new Map<string, Job>();
  /** Those that no thread has yet, in the order of asking. */
  readonly #queue = new Set<Job>();
  readonly #threads: Thread[];

  constructor({
    threads = threadsHere(),
    cacheBytes: bytes = cacheBytes,
    start = startThread,
  }: SmallPicturesOptions = {}) {
    this.#cache = new ByteCache(bytes);
    this.#threads = Array.from({ length: threads }, () => new Thread(start));
  }

  /** Pictures that wait for a thread. */
  get queued(): number {
    return this.#queue.size;
  }

  /**
   * A file's picture, small, as WebP; `undefined` for a file that cannot be decoded, and once the signal is aborted: what
   * nobody waits for any more leaves the queue.
   *
   * @param version another one for another content of the file
   * @param height in pixels, at most
   * @throws what reading the file throws
   */
  of(path: string, version: string, height: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const key = `${height} ${version} ${path}`;
    const kept = this.#cache.get(key);
    if (kept) return Promise.resolve(kept.bytes);
    if (signal.aborted) return Promise.resolve(undefined);
    const job = this.#jobs.get(key) ?? this.#expect(key, path, height);
    job.waiting++;
    return new Promise((done, failed) => {
      const leave = (): void => {
        job.waiting--;
        if (job.waiting === 0 && this.#queue.delete(job)) {
          this.#jobs.delete(key);
          job.settle(undefined);
        }
        done(undefined);
      };
      signal.addEventListener('abort', leave, { once: true });
      job.made.finally(() => signal.removeEventListener('abort', leave)).then(done, failed);
    });
  }

  #expect(key: string, path: string, height: number): Job {
    const { promise, resolve, reject } = withResolvers<Uint8Array | undefined>();
    const job: Job = { key, path, height, waiting: 0, settle: resolve, fail: reject, made: promise };
    this.#jobs.set(key, job);
    this.#queue.add(job);
    // Whoever asks for it is counted first.
    queueMicrotask(() => this.#next());
    return job;
  }

  #next(): void {
    for (const thread of this.#threads) {
      if (thread.isBusy) continue;
      const [job] = this.#queue;
      if (!job) return;
      this.#queue.delete(job);
      void this.#run(job, thread);
    }
  }

  async #run(job: Job, thread: Thread): Promise<void> {
    try {
      const { bytes, isCertain } = await thread.make(job.path, job.height);
      if (isCertain) this.#cache.set(job.key, bytes);
      job.settle(bytes);
    } catch (error) {
      job.fail(error);
    } finally {
      this.#jobs.delete(job.key);
      this.#next();
    }
  }
}

/** A thread that runs while there is something to do. */
class Thread {
  readonly #start: () => Remote<SmallThread>;
  #remote: Remote<SmallThread> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  isBusy = false;

  constructor(start: () => Remote<SmallThread>) {
    this.#start = start;
  }

  /** `isCertain`: the same file gives the same again. */
  async make(path: string, height: number): Promise<{ bytes: Uint8Array | undefined; isCertain: boolean }> {
    this.isBusy = true;
    clearTimeout(this.#timer);
    try {
      const file = await readFile(path);
      // A small file lies in a buffer with others, which cannot be handed over.
      const own = file.byteLength === file.buffer.byteLength ? file : new Uint8Array(file);
      this.#remote ??= this.#start();
      const bytes = await this.#remote.calls.make(transfer(own, [own.buffer as ArrayBuffer]), height);
      return { bytes, isCertain: true };
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      if (error.code === 'bad-image') return { bytes: undefined, isCertain: true };
      // The thread could not be started, or has died, e.g. of a lack of memory.
      this.#end();
      return { bytes: undefined, isCertain: false };
    } finally {
      this.isBusy = false;
      this.#timer = setTimeout(() => this.#end(), idleMs);
      this.#timer.unref();
    }
  }

  #end(): void {
    void this.#remote?.end(new LikenessError('closed', 'The thread of small pictures was ended.'));
    this.#remote = undefined;
  }
}

function startThread(): Remote<SmallThread> {
  const script = pathToFileURL(packagePath('dist', 'node', 'small-thread.js'));
  const what = 'The thread of small pictures';
  try {
    return startWorker(script, 'likeness-small', what);
  } catch (cause) {
    // Node's permission model may allow no threads.
    throw new LikenessError('no-backend', `${what} cannot be started: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>(): {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
} {
  let resolve: (value: T) => void;
  let reject: (error: unknown) => void;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve: resolve!, reject: reject! };
}
