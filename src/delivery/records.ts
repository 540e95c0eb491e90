import { LikenessError } from '../base/errors.ts';
import { sha256 } from '../base/sha256.ts';
import { type Manifest, parseManifest, type Shard } from '../network/manifest.ts';
import type { ShardCache, StoredBytes } from './cache.ts';

/** What is remembered of a model that was asked for, as soon as its manifest came. */
export interface ModelRecord {
  /** What `open` was given: a URL, or the fingerprint of a model whose files were picked. */
  model: string;
  /** Text of its manifest. */
  manifest: string;
}

type Cache = ShardCache<StoredBytes>;

const keyOf = async (model: string): Promise<string> =>
  (await sha256(new TextEncoder().encode(model))).slice(0, 32);

export async function readModelRecord(
  cache: Cache,
  model: string,
): Promise<{ record: ModelRecord; manifest: Manifest } | undefined> {
  return readByKey(cache, await keyOf(model));
}

async function readByKey(
  cache: Cache,
  key: string,
): Promise<{ record: ModelRecord; manifest: Manifest } | undefined> {
  const text = await cache.readRecord(key);
  return text === undefined ? undefined : parseRecord(text);
}

/** A record that another version wrote, or that is damaged, is as good as none for opening its model. */
async function parseRecord(text: string): Promise<{ record: ModelRecord; manifest: Manifest } | undefined> {
  try {
    const record: ModelRecord = JSON.parse(text);
    return { record, manifest: await parseManifest(record.manifest, record.model) };
  } catch {
    return undefined;
  }
}

/** Whether a model has a record, be it one that cannot be read. */
export const hasModelRecord = async (cache: Cache, model: string): Promise<boolean> =>
  (await cache.readRecord(await keyOf(model))) !== undefined;

/** The sha256 of a record's files; of one that cannot be read, all that look like one. */
async function filesIn(text: string): Promise<{ files: string[]; readable: boolean }> {
  const parsed = await parseRecord(text);
  if (parsed) return { files: filesOf(parsed.manifest).map(({ sha256 }) => sha256), readable: true };
  return { files: text.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g) ?? [], readable: false };
}

export async function writeModelRecord(cache: Cache, record: ModelRecord): Promise<void> {
  await cache.writeRecord(await keyOf(record.model), JSON.stringify(record));
}

export async function modelRecords(cache: Cache): Promise<{ record: ModelRecord; manifest: Manifest }[]> {
  const found = await Promise.all((await cache.recordKeys()).map((key) => readByKey(cache, key)));
  return found.filter((entry) => entry !== undefined);
}

/**
 * Removes a model's record, and of its files those that no other model has; files that belong to no model go with them.
 * A record that cannot be read, damaged or of a newer version, keeps every file that it mentions; and as nobody knows what
 * else it needs, nothing goes then but files of the model itself.
 *
 * @throws LikenessError `in-use` when its files are being fetched or read
 */
export async function removeModel(cache: Cache, model: string): Promise<void> {
  const key = await keyOf(model);
  const own = new Set((await filesIn((await cache.readRecord(key)) ?? '')).files);
  const kept = new Set<string>();
  let allReadable = true;
  for (const other of await cache.recordKeys()) {
    if (other === key) continue;
    const { files, readable } = await filesIn((await cache.readRecord(other)) ?? '');
    for (const sha256 of files) kept.add(sha256);
    allReadable &&= readable;
  }
  for (const sha256 of (await cache.sizes()).keys()) {
    if (kept.has(sha256) || !(allReadable || own.has(sha256))) continue;
    await cache.remove(sha256).catch((error: DOMException) => {
      throw new LikenessError(
        'in-use',
        `The files of "${model}" are in use: they are being fetched or read in this page or another one. Wait or close it there, then delete the model again.`,
        { cause: error },
      );
    });
  }
  await cache.removeRecord(key);
}

/** Removes the files of a model that another one replaced at its URL, but for those that a record mentions. */
export async function removeReplaced(cache: Cache, replaced: Manifest): Promise<void> {
  const kept = new Set<string>();
  for (const key of await cache.recordKeys()) {
    for (const sha256 of (await filesIn((await cache.readRecord(key)) ?? '')).files) kept.add(sha256);
  }
  for (const { sha256 } of filesOf(replaced)) {
    // One that a tab is reading stays.
    if (!kept.has(sha256)) await cache.remove(sha256).catch(() => {});
  }
}

/** All files of a model but its manifest. */
export const filesOf = (manifest: Manifest | undefined): Shard[] =>
  manifest ? [manifest.graph, ...manifest.shards] : [];

export const bytesOf = (manifest: Manifest): number =>
  filesOf(manifest).reduce((sum, { byteLength }) => sum + byteLength, 0);
