/** More parts than this are an attack, not a download that is continued. */
const maxParts = 16;

/**
 * A `Range` header for the file sender, by RFC 9110. `undefined` where the whole file is the answer: for another unit, for
 * a malformed header (letters, `5-1`), for a file that may have changed (`If-Range`). A suffix longer than the file means
 * all of it.
 *
 * @param byteLength of the file
 * @param modified its `Last-Modified`
 */
export function usableRange(
  range: string | undefined,
  ifRange: string | undefined,
  byteLength: number,
  modified: string,
): string | undefined {
  // Our entity tags are weak: they do not say that the bytes are the same.
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
  // An empty file has no ranges.
  return byteLength === 0 ? undefined : `bytes=${usable.join(',')}`;
}
