import { LikenessError } from '../base/errors.ts';
import type { RandomAccess } from '../base/random-access.ts';
import type * as web from '../base/web-types.ts';
import { checkFile } from './npy-rows.ts';

/** @internal Whether a file begins as a ZIP archive does; an `.npz` is one. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

/**
 * Opens one array of an `.npz` file (`np.savez`, `np.savez_compressed`; ZIP64 too) without reading it: what comes back
 * is a `.npy` file that {@link openNpyRows} takes. Its checksum is verified while it is passed over, and the read that
 * gets its last byte fails where it is wrong.
 *
 * @param name of the array, as in `np.savez(file, name=…)`; may be left out where there is only one
 * @throws LikenessError `bad-argument`; `not-found` that lists the names; `bad-file`: truncated, damaged, encrypted, of
 *   another compression
 * @example const rows = await openNpyRows(await openNpz(blobFile(file), 'features'), 512);
 */
export async function openNpz(file: RandomAccess, name?: string): Promise<RandomAccess> {
  checkFile(file);
  // Few pages open an archive: what reads one is loaded by those that do.
  const { openZipEntry, readZipDirectory } = await import('./zip-entry.ts');
  const entries = new Map(
    (await readZipDirectory(file))
      // macOS's own files beside them are no arrays.
      .filter(({ name }) => name.endsWith('.npy') && !/(^|\/)\._[^/]*$/.test(name))
      .map((entry) => [entry.name.slice(0, -4), entry]),
  );
  const list = entries.size > 0 ? `it holds ${[...entries.keys()].join(', ')}` : 'it holds none';
  if (name === undefined && entries.size !== 1) {
    throw new LikenessError('not-found', `Which array of this .npz file is wanted? ${list}; name one.`);
  }
  const wanted = name ?? [...entries.keys()][0]!;
  const entry = entries.get(wanted);
  if (!entry) throw new LikenessError('not-found', `There is no array "${name}" in this .npz file; ${list}.`);
  return openZipEntry(file, entry, `the array "${wanted}"`);
}

/**
 * One array of an `.npz` file, unpacked into memory and verified; {@link openNpz} needs no memory for it.
 *
 * @param name of the array, as in `np.savez(file, name=…)`; may be left out where there is only one
 * @returns the bytes of a `.npy` file
 * @throws LikenessError as {@link openNpz}
 * @example const { values } = parseNpyMatrix(await readNpz(blobFile(file), 'features'));
 */
export async function readNpz(file: RandomAccess, name?: string): Promise<web.Bytes> {
  const array = await openNpz(file, name);
  const size = await array.size();
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(size);
  } catch {
    throw new LikenessError(
      'bad-file',
      `This .npz file claims an array of ${size} bytes, more than fit into memory.`,
    );
  }
  await array.read(0, bytes);
  return bytes;
}
