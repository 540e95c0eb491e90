import { sha256 } from '../../src/base/sha256.ts';
import type { Picture } from '../state/pictures.ts';
import type { GivenFile, Unread } from './given.ts';

const hashes = new WeakMap<Blob, Promise<string>>();

/** SHA-256 of a file, computed once. */
export function hashOfFile(file: Blob): Promise<string> {
  let hash = hashes.get(file);
  if (!hash) {
    hash = file.arrayBuffer().then((bytes) => sha256(new Uint8Array(bytes)));
    hashes.set(file, hash);
  }
  return hash;
}

/** `photos/1.jpg` → `photos/1 (2).jpg` */
function numbered(path: string, n: number): string {
  const [, stem, ending] = /^(.*?)(\.[^./]*)?$/s.exec(path)!;
  return `${stem} (${n})${ending ?? ''}`;
}

/**
 * Makes pictures of files. A file's path is its id. Where another picture has that id already, the contents decide: the
 * same content is the same picture, another gets a number.
 *
 * @param pictures what the page has
 * @param hashOf of one of those; `undefined` where its content is not known
 * @param onUnread is told of files that cannot be read
 */
export async function picturesOf(
  files: readonly GivenFile[],
  pictures: ReadonlyMap<string, Picture>,
  hashOf: (picture: Picture) => Promise<string | undefined>,
  onUnread: (unread: Unread) => void,
): Promise<Picture[]> {
  const added = new Map<string, Picture>();
  for (const { path, file } of files) {
    try {
      const id = await idOf(
        path,
        file,
        (candidate) => added.get(candidate) ?? pictures.get(candidate),
        hashOf,
      );
      if (!added.has(id))
        added.set(id, { id, url: URL.createObjectURL(file), thumbnail: '', file, indexed: false });
    } catch (error) {
      onUnread({ path, why: `cannot be read (${(error as Error).message})` });
    }
  }
  return [...added.values()];
}

async function idOf(
  path: string,
  file: File,
  namesake: (id: string) => Picture | undefined,
  hashOf: (picture: Picture) => Promise<string | undefined>,
): Promise<string> {
  for (let n = 1; ; n++) {
    const id = n === 1 ? path : numbered(path, n);
    const there = namesake(id);
    if (!there) return id;
    const own = await hashOfFile(file);
    if (own === (await (there.file ? hashOfFile(there.file) : hashOf(there)).catch(() => undefined)))
      return id;
  }
}
