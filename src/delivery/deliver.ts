import { LikenessError } from '../base/errors.ts';
import { defaultRetryPolicy, type RetryPolicy, retry } from '../base/retry.ts';
import { type Manifest, parseManifest, type Shard } from '../network/manifest.ts';
import { proveWebLocks } from '../web/lock.ts';
import { answered, webLocks } from '../web/storage.ts';
import { createMemoryCache } from './cache.memory.ts';
import type { ShardCache, StoredBytes } from './cache.ts';
import { type DownloadOptions, download, StorageFailed } from './download.ts';
import { slices } from './hash.ts';
import type { Origin } from './origin.ts';
import { bytesOf, filesOf, readModelRecord, removeReplaced, writeModelRecord } from './records.ts';

/** A model whose files are here and have their sha256. It can be posted: a Blob is a reference. */
export interface DeliveredModel<Bytes extends StoredBytes = Blob> {
  manifest: Manifest;
  files: Map<string, Bytes>;
  /** Where the files are. `memory`: they will be fetched again next time. */
  storage: ShardCache['kind'];
  /** Why not all went as it should. */
  warnings: string[];
}

/** How far a delivery is, in bytes. */
export interface DeliveryProgress {
  /** Here and right, or on its way. */
  done: number;
  total: number;
  /** Came from the origin in this call. */
  fetched: number;
}

export interface DeliveryOptions {
  /** The key under which the model is remembered; default: its fingerprint. */
  model?: string | undefined;
  /** Whether to ask the origin for the manifest even where one is stored. */
  refresh?: boolean | undefined;
  signal: AbortSignal;
  onProgress(progress: DeliveryProgress): void;
  policy?: RetryPolicy | undefined;
}

type Cache = ShardCache<StoredBytes>;

/** Files fetched at a time. More gain nothing on one line, and each has its own part that a reload may cut. */
const atOnce = 3;

/** Brings a model here: {@link findManifest}, then {@link deliverFiles}. */
export async function deliver<Bytes extends StoredBytes = Blob>(
  origin: Origin | undefined,
  cache: ShardCache<Bytes>,
  { model, refresh, ...how }: DeliveryOptions,
): Promise<DeliveredModel<Bytes | Blob>> {
  const warnings: string[] = [];
  const manifest = await findManifest(origin, cache, { model, refresh, ...how }, warnings);
  const delivered = await deliverFiles(origin, cache, manifest, how);
  return { ...delivered, warnings: [...warnings, ...delivered.warnings] };
}

/**
 * Brings a model's files here: what is stored is hashed and used, the rest is fetched, several files at a time, each
 * hashed on its way into the cache. Where the cache is full, the files go to memory.
 *
 * @param origin `undefined` for a model that has to be in the cache
 * @throws LikenessError `not-found` or `bad-model` that names the file
 */
export async function deliverFiles<Bytes extends StoredBytes = Blob>(
  origin: Origin | undefined,
  cache: ShardCache<Bytes>,
  manifest: Manifest,
  { signal, onProgress, policy = defaultRetryPolicy }: Omit<DeliveryOptions, 'model' | 'refresh'>,
): Promise<DeliveredModel<Bytes | Blob>> {
  const warnings: string[] = [];
  const total = bytesOf(manifest);
  const here = new Map<string, number>();
  let fetched = 0;
  const note = (): void =>
    onProgress({ done: [...here.values()].reduce((a, b) => a + b, 0), total, fetched });
  note();

  let memory: ShardCache | undefined;
  const files = new Map<string, Bytes | Blob>();
  // One that fails ends the others.
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const bring = async (shard: Shard): Promise<void> => {
    const { sha256, file } = shard;
    const set = (count: number): void => {
      here.set(file, count);
      note();
    };
    const isHere = await verify(shard, cache, set);
    if (!isHere && !origin)
      throw new LikenessError(
        'not-found',
        `${file} of ${manifest.name} is not stored in this browser, or damaged.`,
      );
    const fetchTo = (target: Cache): Promise<void> =>
      fetchRight(shard, origin!, target, {
        signal: both,
        policy,
        onStored: set,
        onFetched(count) {
          fetched += count;
          note();
        },
      });
    if (isHere || !memory) {
      try {
        if (!isHere) await fetchTo(cache);
        files.set(file, await cache.blob(sha256));
        return;
      } catch (error) {
        if (isHere || !(error instanceof StorageFailed)) throw error;
        if (!memory) {
          memory = createMemoryCache();
          warnings.push(
            `No more can be stored here (${error.message}): parts of the model ${manifest.name} stay in memory and will be fetched again next time.`,
          );
        }
        await moveTo(memory, cache, sha256);
      }
    }
    await fetchTo(memory);
    files.set(file, await memory.blob(sha256));
  };
  await inParallel(filesOf(manifest), async (shard) => {
    both.throwIfAborted();
    try {
      await inLock(shard.sha256, both, () => bring(shard));
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  });
  return { manifest, files, storage: memory ? 'memory' : cache.kind, warnings };
}

/** A model's manifest: the stored one, or what its origin has. Then another model's files under the same URL are removed. */
export async function findManifest(
  origin: Origin | undefined,
  cache: Cache,
  { model, refresh = false, signal, policy = defaultRetryPolicy }: Omit<DeliveryOptions, 'onProgress'>,
  warnings: string[],
): Promise<Manifest> {
  const stored = model === undefined ? undefined : await readModelRecord(cache, model).catch(() => undefined);
  if (stored && (!refresh || !origin)) return stored.manifest;
  if (!origin) {
    throw new LikenessError(
      'not-found',
      `No model "${model}" is stored in this browser; listModels() says which are.`,
    );
  }
  let text: string;
  try {
    text = await askManifest(origin, signal, stored ? { ...policy, attempts: 1 } : policy);
  } catch (error) {
    signal.throwIfAborted();
    if (stored) return stored.manifest; // offline: what is here is as good as ever
    throw error;
  }
  const manifest = await parseManifest(text, `${origin.name} manifest.json`);
  // Before the files come: they are listed, and can be deleted, however far the download gets.
  const record = { model: model ?? manifest.fingerprint, manifest: text };
  await answered('The storage of models', () => writeModelRecord(cache, record)).catch((error: Error) => {
    warnings.push(
      `Nothing can be stored here (${error.message}): the model will be fetched again next time.`,
    );
  });
  if (stored && stored.manifest.fingerprint !== manifest.fingerprint) {
    await removeReplaced(cache, stored.manifest).catch(() => {}); // it costs room, nothing else
  }
  return manifest;
}

function askManifest(origin: Origin, signal: AbortSignal, policy: RetryPolicy): Promise<string> {
  const ask = (): Promise<string> =>
    origin.manifest(AbortSignal.any([signal, AbortSignal.timeout(policy.stallMs)]));
  return retry(ask, policy, signal, (error) => error instanceof LikenessError).catch((error: Error) => {
    if (signal.aborted || error instanceof LikenessError) throw error;
    throw new LikenessError('not-found', error.message, { cause: error });
  });
}

/** Whether a file is stored whole and right; one that is not right is removed. */
async function verify(shard: Shard, cache: Cache, set: (count: number) => void): Promise<boolean> {
  const { sha256, byteLength } = shard;
  try {
    const stored = await cache.stored(sha256);
    if (stored < byteLength) return false;
    let count = 0;
    const digest = await cache.digest(sha256, (more) => {
      count += more;
      set(count);
    });
    if (stored === byteLength && digest === sha256) return true;
    set(0);
    await cache.remove(sha256);
    return false;
  } catch {
    // What cannot be read is fetched.
    set(0);
    return false;
  }
}

/** Fetches a file; once more when what came is not right. */
async function fetchRight(
  shard: Shard,
  origin: Origin,
  cache: Cache,
  options: DownloadOptions,
): Promise<void> {
  const { file, sha256 } = shard;
  for (const last of [false, true]) {
    let wrong: string;
    try {
      const digest = await download(shard, origin, cache, options);
      if (digest === sha256) return;
      wrong = `its sha256 is ${digest.slice(0, 16)}…, its manifest says ${sha256.slice(0, 16)}…`;
    } catch (error) {
      if (!(error instanceof LikenessError) || error.code !== 'bad-model') throw error;
      wrong = error.message;
    }
    await cache.remove(sha256);
    options.onStored(0);
    if (last) {
      throw new LikenessError(
        'bad-model',
        `${file} of ${origin.name} came damaged twice: ${wrong}. Put the model's files there anew.`,
      );
    }
  }
}

/** Takes what is stored of a file to memory, and its place in the cache away. */
async function moveTo(memory: Cache, cache: Cache, sha256: string): Promise<void> {
  try {
    if ((await cache.stored(sha256)) > 0) {
      const writer = await memory.append(sha256, 0);
      for await (const bytes of slices(await cache.blob(sha256))) await writer.write(bytes);
      await writer.close();
    }
  } catch {
    await memory.remove(sha256); // what cannot be read is fetched
  }
  await cache.remove(sha256).catch(() => {});
}

/** Runs `work` while no other page or worker (in Node: thread of the process) works on the same file. */
async function inLock(sha256: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    await proveWebLocks();
  } catch {
    return work(); // at worst a file is fetched twice
  }
  return webLocks().request(`likeness-model-${sha256}`, { signal }, work);
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const runner = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  const results = await Promise.allSettled(Array.from({ length: atOnce }, runner));
  // The first to fail says why; those that it ended say only that they were ended, and with the same reason.
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
