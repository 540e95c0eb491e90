import { LikenessError } from '../base/errors.ts';
import { base64 } from './base64.ts';
import { segmentPlaces } from './part-of.ts';
import type { StaticEntry } from './types.ts';

type Table = Pick<StaticEntry, 'table' | 'tableSeed' | 'tableBits' | 'tableSize'>;

/** Values a key, above which three places a key nearly always can be set one after the other. */
const load = 1.23;
const spare = 16;
const seeds = 64;

/**
 * A static function (Botelho, Pagh, Ziviani: Simple and space-efficient minimal perfect hash functions): the value of a
 * key is the exclusive or of three values of a table. Keys are taken off that are alone at one of their places, and set in
 * the opposite order. The same keys give the same table.
 */
export function makeTable(values: ReadonlyMap<string, number>): Table {
  const keys = [...values.keys()].sort((a, b) => (a < b ? -1 : 1));
  const largest = keys.reduce((max, key) => Math.max(max, values.get(key)!), 0);
  const tableBits = Math.max(1, 32 - Math.clz32(largest));
  for (let attempt = 0; attempt < seeds; attempt++) {
    // Few keys may meet under every seed: the table grows.
    const tableSize = 3 * Math.ceil(((load + attempt / seeds) * keys.length + spare) / 3);
    const tableSeed = 3 * attempt;
    const places = keys.map((key) => segmentPlaces(key, tableSeed, tableSize));
    const order = peel(places, tableSize);
    if (!order) continue;
    const table = new Uint32Array(tableSize);
    for (const { key, place } of order.reverse()) {
      table[place] = places[key]!.reduce((sum, at) => sum ^ table[at]!, values.get(keys[key]!)!);
    }
    return { table: base64(packBits(table, tableBits)), tableSeed, tableBits, tableSize };
  }
  throw new LikenessError('bad-argument', `No table was found for ${keys.length} paths.`);
}

/** Keys with a place of their own when they are taken off one after the other; undefined where some have none. */
function peel(
  places: readonly (readonly number[])[],
  tableSize: number,
): { key: number; place: number }[] | undefined {
  const count = new Uint32Array(tableSize);
  /** The exclusive or of the keys that are left at a place: the key, where it is alone. */
  const sums = new Uint32Array(tableSize);
  for (const [key, own] of places.entries()) {
    for (const place of own) {
      count[place]!++;
      sums[place]! ^= key;
    }
  }
  const alone = Array.from(count.keys()).filter((place) => count[place] === 1);
  const order: { key: number; place: number }[] = [];
  for (let next = 0; next < alone.length; next++) {
    const place = alone[next]!;
    if (count[place] !== 1) continue;
    const key = sums[place]!;
    order.push({ key, place });
    for (const at of places[key]!) {
      sums[at]! ^= key;
      if (--count[at]! === 1) alone.push(at);
    }
  }
  return order.length === places.length ? order : undefined;
}

function packBits(values: Uint32Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  for (let at = 0; at < values.length * bits; at++) {
    const isSet = (values[Math.floor(at / bits)]! >>> (at % bits)) & 1;
    bytes[at >> 3]! |= isSet << (at & 7);
  }
  return bytes;
}
