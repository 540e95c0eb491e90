import { Unzip, UnzipInflate } from 'fflate';
import { LikenessError } from '../errors.ts';
import type { NpyFile } from './npy-rows.ts';

/** Bytes of the archive that are read at once. */
const chunkBytes = 4 << 20;

/** Whether a file begins as a ZIP archive does; an `.npz` is one. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

/**
 * One array of an `.npz` file, unpacked into memory.
 *
 * @param name of the array, as in `np.savez(file, name=…)`; may be left out where there is only one
 * @returns the bytes of a `.npy` file
 * @throws LikenessError `bad-file`, `not-found` that lists the names
 */
export async function readNpz(file: NpyFile, name?: string): Promise<Uint8Array<ArrayBuffer>> {
  const names: string[] = [];
  let parts: Uint8Array[] = [];
  let failure: Error | undefined;
  let whole = false;
  const unzip = new Unzip((entry) => {
    if (!entry.name.endsWith('.npy')) return;
    names.push(entry.name.slice(0, -4));
    // Without a name the first is taken, and given up when there is a second.
    if (name === undefined ? names.length > 1 : names.at(-1) !== name) return;
    parts = [];
    entry.ondata = (error, data, final) => {
      failure ??= error ?? undefined;
      if (data) parts.push(data);
      whole ||= final;
    };
    entry.start();
  });
  unzip.register(UnzipInflate);
  const size = await file.size();
  try {
    for (let at = 0; at < size; at += chunkBytes) {
      const chunk = new Uint8Array(Math.min(chunkBytes, size - at));
      await file.read(at, chunk);
      unzip.push(chunk, at + chunk.length >= size);
    }
  } catch (error) {
    failure = error as Error;
  }
  if (failure) throw new LikenessError('bad-file', `This .npz file is damaged: ${failure.message}.`);
  const list = names.length > 0 ? `it holds ${names.join(', ')}` : 'it holds none';
  if (name === undefined && names.length !== 1) {
    throw new LikenessError('not-found', `Which array of this .npz file is wanted? ${list}; name one.`);
  }
  if (name !== undefined && !names.includes(name)) {
    throw new LikenessError('not-found', `There is no array "${name}" in this .npz file; ${list}.`);
  }
  if (!whole) throw new LikenessError('bad-file', 'This .npz file is truncated.');
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
