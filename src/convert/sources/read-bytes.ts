import { LikenessError } from '../../base/errors.ts';
import { type RandomAccess, readExactly } from '../../base/random-access.ts';

/**
 * Reads exactly `length` bytes of a file of weights.
 *
 * @throws LikenessError `bad-file` when they are not there
 */
export async function readBytes(
  file: RandomAccess,
  at: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readExactly(file, at, length);
  if (bytes) return bytes;
  throw new LikenessError(
    'bad-file',
    `The file of weights ends before byte ${at + length}; it became shorter.`,
  );
}
