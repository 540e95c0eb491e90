import type { KeptMeta, Picture } from '../../state/pictures.ts';
import { hashOf, makeSmall } from './maker.ts';

const hashes = new WeakMap<Blob, Promise<string>>();

/** SHA-256 of a file, computed once. */
export function hashOfFile(file: Blob): Promise<string> {
  let hash = hashes.get(file);
  if (!hash) {
    hash = hashOf(file);
    hashes.set(file, hash);
  }
  return hash;
}

/** What was made of a file, as long as somebody has the file. */
const made = new WeakMap<File, Promise<KeptMeta | undefined>>();
/** Those files by their sizes: a copy of a picture has its size. */
const bySize = new Map<number, WeakRef<File>[]>();

/**
 * What is kept with a picture in the index: a small copy, as the page may not read the file after a reload; its size and
 * date. A small picture that is there is not made again, nor that of a copy. `undefined` where the browser cannot read
 * the file: indexing it says what is wrong with it.
 */
export async function keep({ file, thumbnail, width, height }: Picture): Promise<KeptMeta | undefined> {
  if (!file) return undefined;
  const about = { byteLength: file.size, ...(file.lastModified > 0 ? { modified: file.lastModified } : {}) };
  if (thumbnail !== '' && width && height) return { thumbnail, width, height, ...about };
  let small = made.get(file);
  if (!small) {
    small = smallOf(file);
    made.set(file, small);
  }
  const kept = await small;
  return kept && { ...kept, ...about };
}

async function smallOf(file: File): Promise<KeptMeta | undefined> {
  const ofThatSize = (bySize.get(file.size) ?? []).filter((other) => other.deref() !== undefined);
  bySize.set(file.size, [...ofThatSize, new WeakRef(file)]);
  for (const other of ofThatSize) {
    const there = other.deref();
    const hashes = there && (await Promise.all([there, file].map(hashOfFile)).catch(() => undefined));
    if (hashes && hashes[0] === hashes[1]) return made.get(there);
  }
  return makeSmall(file).then(
    (small) => ({ ...small }),
    () => undefined,
  );
}
