import type { StaticEntry } from './types.ts';

/** 32-bit Murmur3 over UTF-8. */
function hash(bytes: Uint8Array, seed: number): number {
  let h = seed;
  for (const byte of bytes) h = Math.imul((h ^ byte) >>> 0, 0x5bd1e995) ^ (h >>> 15);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
export const segmentPlaces = (key: string, seed: number, size: number): number[] => {
  const bytes = new TextEncoder().encode(key);
  const segment = size / 3;
  return [0, 1, 2].map((i) => i * segment + (hash(bytes, seed + i) % segment));
};
/** The part that a path is in, where it is in one. */
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
