import { LikenessError } from '../base/errors.ts';
import type { Store } from '../store/format/files.ts';
import type { IndexInfo } from '../store/format/header.ts';
import { IndexStore } from '../store/index-store.ts';
import { progressOf } from './progress.ts';
import type { CallOptions } from './types.ts';

/** Opens the store of an index: what is there, or a new one. */
export const openIndex = (store: Store, info: IndexInfo): Promise<IndexStore> =>
  IndexStore.open(store, store.readOnly ? { expect: info } : { create: info });

/**
 * Opens a store that an index is to be written to.
 *
 * @throws LikenessError `read-only`; `bad-argument` where there are pictures in it
 */
export async function openTarget(store: Store, info: IndexInfo): Promise<IndexStore> {
  if (store.readOnly) throw new LikenessError('read-only', `Nothing can be saved to ${store.name}.`);
  const target = await IndexStore.open(store, { create: info });
  const { length } = target.entries;
  if (length === 0) return target;
  await target.close();
  throw new LikenessError(
    'bad-argument',
    `There is an index of ${length} pictures in ${target.name} already; delete it first, or take another name.`,
  );
}

/** An index as one file. As blobs its parts need not be in memory. */
export async function exportedFile(index: IndexStore, how: CallOptions): Promise<Blob> {
  const parts: Blob[] = [];
  const onRows = progressOf(how, 'read', index.entries.length);
  for await (const part of index.exported(onRows).parts) parts.push(new Blob([part as BlobPart]));
  return new Blob(parts, { type: 'application/octet-stream' });
}
