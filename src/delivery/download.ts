import { LikenessError } from '../base/errors.ts';
import { type RetryPolicy, retry, watchStall } from '../base/retry.ts';
import type { Shard } from '../network/manifest.ts';
import type { ShardCache, StoredBytes } from './cache.ts';
import { createHash, type Hash, slices } from './hash.ts';
import type { Origin } from './origin.ts';

/** The storage takes or gives no more; what it has stays. */
export class StorageFailed extends Error {}

/** Where a file is stored while it comes. */
export type DownloadTarget = Pick<ShardCache<StoredBytes>, 'stored' | 'blob' | 'append' | 'remove'>;

export interface DownloadOptions {
  signal: AbortSignal;
  policy: RetryPolicy;
  /** What the bytes are hashed with; default: sha256. */
  makeHash?: () => Promise<Hash>;
  /** Bytes of the file that are stored, whenever that changes. */
  onStored(count: number): void;
  /** Bytes that came, each time some came. */
  onFetched?(count: number): void;
}

/**
 * Fetches what is missing of a file, hashing it as it comes. Broken, slow and failing responses are asked for again, from
 * where they ended.
 *
 * @returns the digest of what is stored now
 * @throws StorageFailed when `target` takes no more; LikenessError when the origin gives no more
 */
export async function download(
  shard: Shard,
  origin: Origin,
  target: DownloadTarget,
  { signal, policy, makeHash = createHash, onStored, onFetched }: DownloadOptions,
): Promise<string> {
  const { file, sha256, byteLength } = shard;
  let hash = await makeHash();
  let done = await storing(hashStored(sha256, target, hash));
  if (done > 0) onStored(done);

  const fetchRest = async (gotFurther: () => void): Promise<void> => {
    const stall = watchStall(policy, signal);
    const before = done;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      const response = await origin.open(shard, done, stall.signal);
      reader = response.body.getReader();
      let part = await reader.read(); // before anything is removed: it may be refused
      if (response.from !== done && !part.done) {
        // The origin cannot begin in the middle.
        await storing(target.remove(sha256));
        hash = await makeHash();
        done = 0;
        onStored(0);
      }
      const writer = await storing(target.append(sha256, done));
      try {
        for (; !part.done; part = await reader.read()) {
          stall.heard();
          const { length } = part.value;
          onFetched?.(length);
          if (done + length > byteLength) {
            throw new LikenessError(
              'bad-model',
              `${file} is longer than the ${byteLength} bytes that it has to have.`,
            );
          }
          hash.update(part.value);
          await storing(writer.write(part.value)); // which may free them
          done += length;
          onStored(done);
        }
      } finally {
        await storing(writer.close());
      }
      // Chromium's handles report bytes as written that a full quota then does not take.
      const there = await storing(target.stored(sha256));
      if (there < done) throw new StorageFailed(`${there} of ${done} bytes were kept`);
      if (done < byteLength) throw new Error(`it ended after ${done} of ${byteLength} bytes`);
    } catch (error) {
      stall.signal.throwIfAborted(); // says why, where `fetch` says only that it was aborted
      throw error;
    } finally {
      stall.end();
      void reader?.cancel().catch(() => {});
      if (done > before) gotFurther();
    }
  };

  const isFinal = (error: unknown): boolean =>
    error instanceof LikenessError || error instanceof StorageFailed;
  signal.throwIfAborted();
  if (done >= byteLength) return hash.digest();
  await retry(fetchRest, policy, signal, isFinal).catch((error: Error) => {
    if (signal.aborted || isFinal(error)) throw error;
    throw new LikenessError(
      'not-found',
      `${file} of ${origin.name} cannot be fetched: ${error.message}. What came is kept and will be continued.`,
      { cause: error },
    );
  });
  return hash.digest();
}

/** @returns how many bytes were hashed: another process may be adding to them */
async function hashStored(sha256: string, target: DownloadTarget, hash: Hash): Promise<number> {
  if ((await target.stored(sha256)) === 0) return 0;
  let done = 0;
  for await (const bytes of slices(await target.blob(sha256))) {
    hash.update(bytes);
    done += bytes.length;
  }
  return done;
}

/** Whatever the storage throws means that it is not to be used. */
async function storing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw new StorageFailed((error as Error).message, { cause: error });
  }
}
