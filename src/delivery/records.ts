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

interface ReadRecord {
  record: ModelRecord;
  manifest: Manifest;
}

/** @returns `undefined` for a record that another version wrote, or that is damaged */
async function parseRecord(text: string | undefined): Promise<ReadRecord | undefined> {
  try {
    const record: ModelRecord = JSON.parse(text!);
    return { record, manifest: await parseManifest(record.manifest, record.model) };
  } catch {
    return undefined;
  }
}

export const readModelRecord = async (cache: Cache, model: string): Promise<ReadRecord | undefined> =>
  parseRecord(await cache.readRecord(await keyOf(model)));

/** Whether a model has a record, even one that cannot be read. */
export const hasModelRecord = async (cache: Cache, model: string): Promise<boolean> =>
  (await cache.readRecord(await keyOf(model))) !== undefined;

export async function writeModelRecord(cache: Cache, record: ModelRecord): Promise<void> {
  await cache.writeRecord(await keyOf(record.model), JSON.stringify(record));
}

/** The records that can be read. */
export async function modelRecords(cache: Cache): Promise<ReadRecord[]> {
  const keys = await cache.recordKeys();
  const found = await Promise.all(keys.map(async (key) => parseRecord(await cache.readRecord(key))));
  return found.filter((entry) => entry !== undefined);
}

/** The sha256 of all files that records mention; of a record that cannot be read, all that look like one. */
async function filesIn(
  cache: Cache,
  keys: readonly string[],
): Promise<{ files: Set<string>; readable: boolean }> {
  const files = new Set<string>();
  let readable = true;
  for (const key of keys) {
    const text = (await cache.readRecord(key)) ?? '';
    const parsed = await parseRecord(text);
    readable &&= parsed !== undefined;
    for (const sha256 of parsed
      ? filesOf(parsed.manifest).map((shard) => shard.sha256)
      : (text.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g) ?? []))
      files.add(sha256);
  }
  return { files, readable };
}

/**
 * Removes a model's record, the files that no other model has, and files that belong to no model. Where a record of
 * another model cannot be read, only files of this model are removed, and only those that the record does not mention.
 *
 * @throws LikenessError `in-use` when its files are being fetched or read
 */
export async function removeModel(cache: Cache, model: string): Promise<void> {
  const key = await keyOf(model);
  const own = await filesIn(cache, [key]);
  const others = await filesIn(
    cache,
    (await cache.recordKeys()).filter((other) => other !== key),
  );
  for (const sha256 of (await cache.sizes()).keys()) {
    if (others.files.has(sha256) || !(others.readable || own.files.has(sha256))) continue;
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
  const { files } = await filesIn(cache, await cache.recordKeys());
  for (const { sha256 } of filesOf(replaced)) {
    // A file that a tab is reading stays.
    if (!files.has(sha256)) await cache.remove(sha256).catch(() => {});
  }
}

/** All files of a model but its manifest. */
export const filesOf = ({ graph, shards }: Manifest): Shard[] => [graph, ...shards];

export const bytesOf = (manifest: Manifest): number =>
  filesOf(manifest).reduce((sum, { byteLength }) => sum + byteLength, 0);
