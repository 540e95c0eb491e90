import type { StaticEntry } from './types.ts';

/** FNV-1a over bytes, mixed by the last steps of Murmur3. */
function hash(bytes: Uint8Array, seed: number): number {
  let h = seed ^ 0x811c9dc5;
  for (const byte of bytes) h = Math.imul(h ^ byte, 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The three places of a key in a table of `size` values: one in each third. */
export function segmentPlaces(key: string, seed: number, size: number): number[] {
  const bytes = new TextEncoder().encode(key);
  const segment = size / 3;
  return [0, 1, 2].map((i) => i * segment + (hash(bytes, seed + i) % segment));
}

/** The number of the part that a path is in; of a path that the index does not have, any number. */
export function partOf(entry: StaticEntry, key: string): number {
  const table = atob(entry.table);
  let part = 0;
  for (const place of segmentPlaces(key, entry.tableSeed, entry.tableSize)) {
    for (let bit = 0; bit < entry.tableBits; bit++) {
      const at = place * entry.tableBits + bit;
      part ^= ((table.charCodeAt(at >> 3) >> (at & 7)) & 1) << bit;
    }
  }
  return part;
}
