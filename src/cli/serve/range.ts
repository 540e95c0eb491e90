/** More parts than this are somebody's attempt to make work, not a download that goes on. */
const maxParts = 16;

/**
 * A `Range` header as the file sender may have it, by RFC 9110: `undefined` where all of the file is the answer, i.e.
 * for another unit, for what is not well formed (letters, `5-1`), and for a file that may have changed (`If-Range`).
 * A suffix longer than the file means all of it.
 *
 * @param ifRange the `If-Range` header
 * @param byteLength of the file
 * @param modified when it was, as `Last-Modified` says it
 */
export function usableRange(
  range: string | undefined,
  ifRange: string | undefined,
  byteLength: number,
  modified: string,
): string | undefined {
  // Our entity tags are weak: they say that a file is much the same, not that its bytes are.
  if (range === undefined || (ifRange !== undefined && ifRange !== modified)) return undefined;
  const list = /^bytes=(.*)$/i.exec(range)?.[1]?.split(',') ?? [];
  const parts = list.map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ''));
  if (parts.length === 0 || parts.length > maxParts) return undefined;
  const usable: string[] = [];
  for (const part of parts) {
    const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(part) ?? [];
    if (first === '' && last === '') return undefined;
    if (first !== '' && last !== '' && BigInt(last) < BigInt(first)) return undefined;
    usable.push(first === '' && Number(last) >= byteLength ? '0-' : part);
  }
  // Of an empty file no range can be named.
  return byteLength === 0 ? undefined : `bytes=${usable.join(',')}`;
}
