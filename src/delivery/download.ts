import { LikenessError } from '../base/errors.ts';
import type { Shard } from '../network/manifest.ts';
import type { ShardCache, StoredBytes } from './cache.ts';
import { createHash, type Hash, slices } from './hash.ts';
import type { Origin } from './origin.ts';
import { type Patience, pause } from './patience.ts';

/** The storage took no more; what it has stays. */
export class StorageFull extends Error {}

export interface DownloadOptions {
  signal: AbortSignal;
  patience: Patience;
  /** Bytes of the file that are stored, whenever that changes. */
  onStored(count: number): void;
  /** Bytes that came, each time some came. */
  onFetched(count: number): void;
}

/**
 * Fetches what is missing of a file, hashing it as it comes. Broken, slow and failing answers are tried again from where
 * they ended.
 *
 * @returns the sha256 of what is stored now
 * @throws StorageFull when `cache` takes no more; LikenessError when the origin gives no more
 */
export async function download(
  shard: Shard,
  origin: Origin,
  cache: ShardCache<StoredBytes>,
  options: DownloadOptions,
): Promise<string> {
  const { signal, patience, onStored } = options;
  let hash = await createHash();
  let done = await kept(hashStored(shard, cache, hash));
  if (done > 0) onStored(done);
  let attempt = 1;
  while (done < shard.byteLength) {
    signal.throwIfAborted();
    const before = done;
    let failure: unknown;
    try {
      const answer = await openAnswer(shard, origin, done, options);
      if (answer.from !== done) {
        // The origin cannot begin in the middle.
        await cache.remove(shard.sha256);
        hash = await createHash();
        done = 0;
        onStored(0);
      }
      done = await storeAnswer(shard, answer, done, cache, hash, options);
      if (done < shard.byteLength) failure = new Error(`it ended after ${done} of ${shard.byteLength} bytes`);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LikenessError || error instanceof StorageFull) throw error;
      if (error instanceof BrokenOff) done = error.done;
      failure = error;
    }
    if (done >= shard.byteLength) break;
    attempt = done > before ? 1 : attempt + 1;
    if (attempt > patience.attempts) {
      throw new LikenessError(
        'not-found',
        `${shard.file} of ${origin.name} cannot be fetched: ${(failure as Error).message}. What came is kept and will be continued.`,
        { cause: failure },
      );
    }
    await pause(patience.pauseMs * 2 ** (attempt - 2), signal);
  }
  return hash.digest();
}

/** @returns how many bytes were hashed: another process may be adding to them */
async function hashStored({ sha256 }: Shard, cache: ShardCache<StoredBytes>, hash: Hash): Promise<number> {
  if ((await cache.stored(sha256)) === 0) return 0;
  let done = 0;
  for await (const bytes of slices(await cache.blob(sha256))) {
    hash.update(bytes);
    done += bytes.length;
  }
  return done;
}

/** An answer that came with its timer: it is given up when nothing comes for too long. */
interface Answer {
  from: number;
  reader: ReadableStreamDefaultReader<Uint8Array>;
  /** Restarts the timer. */
  alive(): void;
  end(): void;
}

/** An answer broke off when so much of the file was stored. */
class BrokenOff extends Error {
  readonly done: number;
  constructor(done: number, cause: unknown) {
    super((cause as Error).message, { cause });
    this.done = done;
  }
}

async function openAnswer(
  { file }: Shard,
  origin: Origin,
  from: number,
  { signal, patience: { stallMs } }: DownloadOptions,
): Promise<Answer> {
  const stalled = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  };
  alive();
  try {
    const answer = await origin.open(file, from, AbortSignal.any([signal, stalled.signal]));
    return {
      from: answer.from,
      reader: answer.body.getReader(),
      alive,
      end() {
        clearTimeout(timer);
        stalled.abort();
      },
    };
  } catch (error) {
    clearTimeout(timer);
    stalled.signal.throwIfAborted(); // says why, where `fetch` says only that it was aborted
    throw error;
  }
}

/** Stores an answer's bytes behind the `done` that are there; returns how many are there at its end. */
async function storeAnswer(
  { file, sha256, byteLength }: Shard,
  { reader, alive, end }: Answer,
  from: number,
  cache: ShardCache<StoredBytes>,
  hash: Hash,
  { signal, onStored, onFetched }: DownloadOptions,
): Promise<number> {
  let done = from;
  const writer = await kept(cache.append(sha256, from));
  try {
    for (;;) {
      const { done: ended, value } = await reader.read().catch((error) => {
        signal.throwIfAborted();
        throw error instanceof LikenessError ? error : new BrokenOff(done, error);
      });
      if (ended) break;
      alive();
      onFetched(value.length);
      if (done + value.length > byteLength) {
        throw new LikenessError(
          'bad-model',
          `${file} is longer than the ${byteLength} bytes that its manifest says.`,
        );
      }
      await kept(writer.write(value));
      hash.update(value);
      done += value.length;
      onStored(done);
    }
  } catch (error) {
    end();
    await kept(writer.close());
    throw error;
  }
  end();
  await kept(writer.close());
  // Chromium's handles report bytes as written that a full quota then does not take.
  const there = await kept(cache.stored(sha256));
  if (there < done) throw new StorageFull(`${there} of ${done} bytes were kept`);
  return done;
}

/** Whatever the storage throws means that it is not to be used. */
async function kept<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw new StorageFull((error as Error).message, { cause: error });
  }
}
