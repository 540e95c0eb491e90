import { type Store, whileLocked } from './format/files.ts';
import { fileName, type Generation, openGeneration } from './format/generations.ts';
import {
  checkpointAt,
  decodeHeader,
  encodeCheckpoint,
  encodeHeader,
  headerBytes,
  type IndexInfo,
  newIdentity,
} from './format/header.ts';
import { beginning } from './format/log.ts';
import type { Snapshot } from './format/snapshot.ts';

/** A file could not be written, nor removed. */
export class UncertainError extends Error {}

/**
 * Writes a whole index as a file that counts with its header, which is written last.
 *
 * @throws UncertainError where the file may be there whole all the same
 */
export async function writeGeneration(
  store: Store,
  number: number,
  { header: block, body, byteLength }: Snapshot,
  signal?: AbortSignal,
): Promise<Generation> {
  const name = fileName(number);
  const file = await store.open(name, 'create');
  let begun = false;
  try {
    let at = headerBytes;
    for await (const part of body) {
      signal?.throwIfAborted();
      await file.write(at, [part]);
      at += part.length;
    }
    await file.sync();
    begun = true;
    await file.write(0, [block]);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => {});
    try {
      await store.remove(name);
    } catch {
      if (begun) throw new UncertainError(undefined, { cause: error });
    }
    throw error;
  }
  return { name, file, header: decodeHeader(block, byteLength, name)!, block, leftovers: [] };
}

/**
 * Makes an empty index, or opens the one that somebody else just made.
 *
 * @param leftovers files of an attempt that was interrupted
 * @throws LikenessError `locked` while somebody else makes it
 */
export async function createIndex(
  store: Store,
  info: IndexInfo,
  leftovers: readonly string[],
): Promise<Generation> {
  return whileLocked(store, async () => {
    // Somebody may have been faster.
    const found = await openGeneration(store);
    if ('file' in found) return found;
    for (const name of leftovers) await store.remove(name);
    const block = encodeHeader({ ...info, identity: newIdentity(), generation: 1, synced: headerBytes });
    block.set(encodeCheckpoint(beginning(block)), checkpointAt);
    const name = fileName(1);
    const file = await store.open(name, 'create');
    try {
      await file.write(0, [block]);
      await file.sync();
      await file.close();
    } catch (error) {
      // For want of space, say: half of a header is of no use.
      await file.close().catch(() => {});
      await store.remove(name).catch(() => {});
      throw error;
    }
    const header = decodeHeader(block, headerBytes, name)!;
    return { name, file: await store.open(name, 'read'), header, block, leftovers: [] };
  });
}
