import type { Dirent } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuse } from '../../base/checks.ts';
import { isBlob, isUrl } from '../../base/class-of.ts';
import { LikenessError } from '../../base/errors.ts';
import { openFile } from '../../base/open-file.node.ts';
import { storageError } from '../../base/storage-errors.ts';
import type * as web from '../../base/web-types.ts';
import { isStore, type Store, type StoredIndexInfo, whileLocked } from '../format/files.ts';
import { fileName, generations } from '../format/generations.ts';
import { httpStore } from './store.http.ts';
import { FolderStore } from './store.node.ts';
import { blobStore, SingleFileStore } from './store.single.ts';

/** @internal */
export type StoreName = string | URL | Blob | Store;

/**
 * A folder (`file:folder`, a path, a `file:` URL), an exported file, the URL of one, a `Blob`, or a store as it is.
 *
 * @internal
 * @throws LikenessError `bad-argument`
 */
export async function openStore(name: StoreName): Promise<Store> {
  if (isBlob(name)) return blobStore(name);
  if (isStore(name)) return name;
  if (isName(name) && /^https?:/i.test(String(name))) return httpStore(String(name));
  const wanted = 'file:<folder>, the URL of an exported index, a Blob, or a Store';
  const path = storePath('The store', name, wanted);
  const info = await stat(path).catch(() => undefined);
  // A file is an exported index, which is read-only.
  return info?.isFile() ? new SingleFileStore(path, () => openFile(path), true) : new FolderStore(path);
}

const isName = (name: unknown): name is string | URL => typeof name === 'string' || isUrl(name);

/**
 * The path that a program means. What is no name is refused: as text, `undefined` would be a folder.
 *
 * @param what subject of the message; `wanted` is what it has to be
 * @throws LikenessError `bad-argument`
 */
function storePath(what: string, name: unknown, wanted: string): string {
  if (!isName(name)) refuse(what, name, wanted);
  const text = String(name);
  if (/^(opfs|indexeddb):/.test(text)) {
    throw new LikenessError('bad-argument', `${text} exists in browsers only; take file:<folder>.`);
  }
  const isOtherUrl = isUrl(name)
    ? name.protocol !== 'file:'
    : /^((?!file:)[a-z][\w+.-]+:\/\/|(blob|data):)/i.test(text);
  const path = isOtherUrl ? '' : /^file:\/\//i.test(text) ? fileOf(text) : text.replace(/^file:/i, '');
  if (path === '' || path.includes('\0')) refuse(what, text, wanted);
  return path;
}

/** The path in a `file:` URL; empty where it names another machine or is not well formed. */
function fileOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return '';
  }
}

/**
 * The indexes in a folder: those of its folders that hold one, with their sizes.
 *
 * @param folder a path, or `file:folder`
 * @throws LikenessError `bad-argument`, `not-found`
 * @example for (const { store, byteLength } of await listIndexes('indexes/')) show(store, byteLength);
 */
export async function listIndexes(folder: string | web.URL): Promise<StoredIndexInfo[]> {
  const where = storePath('The folder of indexes', folder, 'the path of a folder');
  const found: StoredIndexInfo[] = [];
  for (const entry of await entriesOf(where)) {
    if (!entry.isDirectory()) continue;
    const path = join(where, entry.name);
    const files = (await new FolderStore(path).list()).filter(({ name }) => name.endsWith('.likeness'));
    const byteLength = files.reduce((sum, file) => sum + file.byteLength, 0);
    if (byteLength > 0) found.push({ store: `file:${path}`, byteLength });
  }
  return found;
}

function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error) => {
    const reasons: Record<string, string> = { ENOENT: 'does not exist', ENOTDIR: 'is no folder' };
    const why = reasons[error.code] ?? `cannot be read: ${error.message}`;
    throw new LikenessError('not-found', `${folder} ${why}; wanted a folder of indexes.`, { cause: error });
  });
}

/**
 * Deletes an index: its files, and its folder when nothing else is in it.
 *
 * @param store `file:folder`
 * @throws LikenessError `bad-argument`, `not-found`, `locked`, `storage-denied`, `storage-failed`
 * @example await deleteIndex('file:index/');
 */
export async function deleteIndex(store: string | web.URL): Promise<void> {
  const folder = storePath('The index', store, 'file:<folder>');
  try {
    const files = new FolderStore(folder);
    const numbers = await generations(files);
    if (numbers.length === 0) throw new LikenessError('not-found', `There is no index in ${folder}.`);
    await whileLocked(files, async () => {
      // The oldest first: after an interruption, the newest is still the index.
      for (const number of numbers.reverse()) await files.remove(fileName(number));
    });
    if ((await readdir(folder)).length === 0) await rm(folder, { recursive: true });
  } catch (error) {
    throw storageError(error, `Deleting ${folder}`);
  }
}
