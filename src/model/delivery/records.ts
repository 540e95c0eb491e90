import { LikenessError } from '../../errors.ts';
import { sha256 } from '../../sha256.ts';
import { type Manifest, parseManifest, type Shard } from '../manifest.ts';
import type { ShardCache } from './cache.ts';

/** What is remembered of a model that was asked for, as soon as its manifest came. */
export interface ModelRecord {
  /** What `open` was given: a URL, or the fingerprint of a model whose files were picked. */
  model: string;
  /** Text of its manifest. */
  manifest: string;
}

const keyOf = async (model: string): Promise<string> =>
  (await sha256(new TextEncoder().encode(model))).slice(0, 32);

export async function readModelRecord(
  cache: ShardCache,
  model: string,
): Promise<{ record: ModelRecord; manifest: Manifest } | undefined> {
  return readByKey(cache, await keyOf(model));
}

/** A record that another version wrote, or that is damaged, is as good as none. */
async function readByKey(
  cache: ShardCache,
  key: string,
): Promise<{ record: ModelRecord; manifest: Manifest } | undefined> {
  const text = await cache.readRecord(key);
  if (text === undefined) return undefined;
  try {
    const record: ModelRecord = JSON.parse(text);
    return { record, manifest: await parseManifest(record.manifest, record.model) };
  } catch {
    return undefined;
  }
}

export async function writeModelRecord(cache: ShardCache, record: ModelRecord): Promise<void> {
  await cache.writeRecord(await keyOf(record.model), JSON.stringify(record));
}

export async function modelRecords(
  cache: ShardCache,
): Promise<{ record: ModelRecord; manifest: Manifest }[]> {
  const found = await Promise.all((await cache.recordKeys()).map((key) => readByKey(cache, key)));
  return found.filter((entry) => entry !== undefined);
}

/**
 * Removes a model's record, and of its files those that no other model has.
 *
 * @throws LikenessError `in-use` when its files are being fetched or read
 */
export async function removeModel(cache: ShardCache, model: string): Promise<void> {
  const key = await keyOf(model);
  const others = (await cache.recordKeys()).filter((other) => other !== key);
  const kept = new Set<string>();
  for (const other of others) {
    for (const { sha256 } of filesOf((await readByKey(cache, other))?.manifest)) kept.add(sha256);
  }
  for (const sha256 of (await cache.sizes()).keys()) {
    if (kept.has(sha256)) continue;
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

/** All files of a model but its manifest. */
export const filesOf = (manifest: Manifest | undefined): Shard[] =>
  manifest ? [manifest.graph, ...manifest.shards] : [];

export const bytesOf = (manifest: Manifest): number =>
  filesOf(manifest).reduce((sum, { byteLength }) => sum + byteLength, 0);
