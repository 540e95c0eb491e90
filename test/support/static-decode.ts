import { inflateSync } from 'fflate';
import type { EncodeOptions } from '../../src/static-index/encode.ts';
import { encode } from '../../src/static-index/encode.ts';
import type { SimilarPart, SiteRecord, StaticEntry, StaticSearch } from '../../src/static-index/types.ts';
import { seeded } from './random.ts';

/** All that a static index says, read as docs/SITE.md tells. */
export interface Decoded {
  entry: StaticEntry;
  parts: SimilarPart[];
  records: SiteRecord[];
  search: StaticSearch | undefined;
  files: Map<string, Uint8Array>;
}

export async function encodeAll(options: EncodeOptions): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, bytes } of encode(options)) {
    if (files.has(name)) throw new Error(`${name} came twice`);
    files.set(name, bytes);
  }
  return files;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const unpacked = <T>(bytes: Uint8Array): T => JSON.parse(text(inflateSync(bytes)));

/** The names that base64 of 6 bytes each stands for. */
export function namesIn(list: string): string[] {
  const hex = Array.from(atob(list), (c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return hex.match(/.{12}/g) ?? [];
}

export function decode(files: Map<string, Uint8Array>): Decoded {
  const file = (name: string): Uint8Array => {
    const bytes = files.get(name);
    if (!bytes) throw new Error(`there is no ${name}`);
    return bytes;
  };
  const entry: StaticEntry = JSON.parse(text(file('index.json')));
  return {
    entry,
    parts: namesIn(entry.parts).map((name) => unpacked<SimilarPart>(file(`similar-${name}.bin`))),
    records: namesIn(entry.records).flatMap((name) => unpacked<SiteRecord[]>(file(`records-${name}.bin`))),
    search: entry.search ? JSON.parse(text(file(`search-${entry.search}.json`))) : undefined,
    files,
  };
}

/** The value of a key in the table, bit by bit, with a hash of its own. */
export function lookUp({ table, tableSeed, tableBits, tableSize }: StaticEntry, key: string): number {
  const bits = Array.from(atob(table), (c) =>
    c.charCodeAt(0).toString(2).padStart(8, '0').split('').reverse().join(''),
  );
  const all = bits.join('');
  let value = 0n;
  for (const i of [0, 1, 2]) {
    let h = (BigInt(tableSeed + i) ^ 0x811c9dc5n) & 0xffffffffn;
    for (const byte of new TextEncoder().encode(key)) h = ((h ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn;
    h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & 0xffffffffn;
    h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & 0xffffffffn;
    h ^= h >> 16n;
    const place = (i * tableSize) / 3 + Number(h % BigInt(tableSize / 3));
    const own = all.slice(place * tableBits, (place + 1) * tableBits);
    value ^= BigInt(`0b${own.split('').reverse().join('')}`);
  }
  return Number(value);
}

/** Names with all that URLs, HTML, JSON and file systems find hard. */
export const oddNames = [
  'a.jpg',
  'photos/été 1.jpg'.normalize('NFC'),
  'photos/été 1.jpg'.normalize('NFD'),
  'photos/%C3%A9t%C3%A9.jpg',
  'photos/100%.jpg',
  `it's "quoted" & <b>bold</b>.jpg`,
  'back\\slash.jpg',
  'new\nline.jpg',
  'tab\t#hash?query=1&b=2;c.jpg',
  '🦊/👩‍👩‍👧‍👦.jpg',
  '寿司/写真.jpg',
  'עברית.jpg',
  '__proto__',
  'constructor',
  'index.json',
  ' ',
  '.',
  '\u0000zero.jpg',
  '\ufeffbom.jpg',
  '\u2028line.jpg',
];

/** Pictures with features that have clusters and, each `copies`-th, equals. */
export function madePictures(
  n: number,
  dimension: number,
  { seed = n, id = (row: number): string => `photos/${row}.jpg` } = {},
): Pick<EncodeOptions, 'pictures' | 'vectors' | 'dimension'> {
  const random = seeded(seed);
  const vectors = new Float32Array(n * dimension);
  for (let row = 0; row < n; row++) {
    if (row % 5 === 4) {
      const twin = Math.floor(random() * row);
      vectors.copyWithin(row * dimension, twin * dimension, (twin + 1) * dimension);
      continue;
    }
    const cluster = seeded(Math.floor(random() * 7));
    let squares = 0;
    for (let j = 0; j < dimension; j++) {
      const x = Math.max(0, cluster() + 0.4 * random() - 0.6);
      vectors[row * dimension + j] = x;
      squares += x * x;
    }
    for (let j = 0; j < dimension; j++) vectors[row * dimension + j]! /= Math.sqrt(squares) || 1;
  }
  const pictures = Array.from({ length: n }, (_, row) => ({
    record: {
      id: id(row),
      small: Array.from({ length: 12 }, () => Math.floor(random() * 16).toString(16)).join(''),
      width: 400 + Math.floor(random() * 3000),
      height: 300,
      places: [
        { page: `posts/${row % 17}/index.html`, alt: `Picture number ${row}`, title: `Post ${row % 17}` },
      ],
    },
    aliases: [`photos/${row}-small.webp`, `photos/${row}-middle.webp`],
  }));
  return { pictures, vectors, dimension };
}
