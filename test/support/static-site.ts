import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'fflate';
import sharp from 'sharp';
import { ImageSearch } from '../../src/api/image-search.node.ts';
import { encode, type StaticPicture } from '../../src/static-index/encode.ts';
import { segmentPlaces } from '../../src/static-index/part-of.ts';
import type { Card, Similar, SiteRecord, StaticEntry } from '../../src/static-index/types.ts';
import { root, samples } from './cli.ts';

export interface SitePicture {
  id: string;
  aliases?: string[];
  label?: string;
  page?: string;
}

const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 12);
const packed = (value: unknown): Uint8Array => deflateSync(Buffer.from(JSON.stringify(value)), { level: 9 });
const names = (list: string[]): string => Buffer.from(list.join(''), 'hex').toString('base64');

/**
 * Writes a site's folder `likeness/`, the elements' scripts in it, as the command does: picture n is followed by n + 1,
 * n + 2, …, at distances of 1/16, 2/16, …; a part has the lists of four pictures.
 */
export async function writeStaticSite(
  folder: string,
  pictures: SitePicture[],
  { k = 12, whole = k <= 12 ? k : 8, base = '/' }: { k?: number; whole?: number; base?: string } = {},
): Promise<void> {
  const put = async (path: string, bytes: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  const photographs = (await readdir(samples)).sort();
  const small = new Map<string, string>();
  for (const [n, { id, aliases = [] }] of pictures.entries()) {
    const photograph = sharp(join(samples, photographs[n % photographs.length]!));
    const bytes = await photograph.resize(240, 160, { fit: 'fill' }).webp().toBuffer();
    small.set(id, hex(bytes));
    await put(`likeness/small/${hex(bytes)}.webp`, bytes);
    const file = await photograph.resize(480, 320, { fit: 'fill' }).jpeg().toBuffer();
    for (const path of [id, ...aliases]) await put(path, file);
  }
  const count = pictures.length;
  const card = (row: number): Card => {
    const { id, label = `Picture ${row}`, page = `page-${row}/` } = pictures[row]!;
    return [row, id, small.get(id)!, 480, 320, label, page];
  };
  const stored = Math.min(k, count - 1);
  const parts: string[] = [];
  const partOfKey = new Map<string, number>();
  for (let from = 0; from < count; from += 4) {
    const own = pictures.slice(from, from + 4).map((_, n) => from + n);
    const rowsOf = (row: number): number[] => Array.from({ length: stored }, (_, n) => (row + n + 1) % count);
    const cards = [...new Set(own.flatMap((row) => [row, ...rowsOf(row).slice(0, whole)]))];
    const lists = own.map((row): Similar => {
      for (const key of [pictures[row]!.id, ...(pictures[row]!.aliases ?? [])])
        partOfKey.set(key, parts.length);
      return [cards.indexOf(row), pictures[row]!.aliases ?? [], rowsOf(row), rowsOf(row).map(() => 2 ** 11)];
    });
    const bytes = packed({ cards: cards.map(card), pictures: lists });
    await put(`likeness/similar-${hex(bytes)}.bin`, bytes);
    parts.push(hex(bytes));
  }
  const records: string[] = [];
  for (let from = 0; from < count; from += 64) {
    const bytes = packed(
      pictures.slice(from, from + 64).map(({ id, label, page }, n): SiteRecord => {
        const place = {
          page: page ?? `page-${from + n}/`,
          alt: label ?? `Picture ${from + n}`,
          title: 'A page',
        };
        return {
          id,
          small: small.get(id)!,
          width: 480,
          height: 320,
          places: [place],
          meta: { price: `${n}` },
        };
      }),
    );
    await put(`likeness/records-${hex(bytes)}.bin`, bytes);
    records.push(hex(bytes));
  }
  const entry: StaticEntry = {
    format: 'likeness-site',
    version: 1,
    count,
    k,
    whole,
    root: '../',
    base,
    small: { size: 240 },
    parts: names(parts),
    ...tableOf(partOfKey),
    records: names(records),
  };
  await put('likeness/index.json', JSON.stringify(entry));
  for (const name of await readdir(join(root, 'dist/elements')))
    await put(`likeness/${name}`, await readFile(join(root, 'dist/elements', name)));
}

/** The table of a static function: keys are taken off that are alone at a place, and set in the opposite order. */
function tableOf(
  values: Map<string, number>,
): Pick<StaticEntry, 'table' | 'tableSeed' | 'tableBits' | 'tableSize'> {
  const tableBits = Math.max(1, Math.ceil(Math.log2(Math.max(...values.values()) + 1)));
  const tableSize = 3 * (Math.ceil((1.23 * values.size) / 3) + 8);
  for (let tableSeed = 1; ; tableSeed += 3) {
    const left = new Map([...values.keys()].map((key) => [key, segmentPlaces(key, tableSeed, tableSize)]));
    const order: [key: string, place: number][] = [];
    for (let isProgress = true; isProgress; ) {
      isProgress = false;
      const used = [...left.values()].flat();
      for (const [key, places] of left) {
        const place = places.find((at) => used.filter((other) => other === at).length === 1);
        if (place === undefined) continue;
        order.push([key, place]);
        left.delete(key);
        isProgress = true;
        break;
      }
    }
    if (left.size > 0) continue;
    const table = new Array<number>(tableSize).fill(0);
    for (const [key, place] of order.reverse()) {
      const others = segmentPlaces(key, tableSeed, tableSize).filter((at) => at !== place);
      table[place] = values.get(key)! ^ others.reduce((sum, at) => sum ^ table[at]!, 0);
    }
    const bytes = Buffer.alloc(Math.ceil((tableSize * tableBits) / 8));
    for (let bit = 0; bit < tableSize * tableBits; bit++) {
      const isSet = (table[Math.floor(bit / tableBits)]! >> (bit % tableBits)) & 1;
      bytes[bit >> 3]! |= isSet << (bit & 7);
    }
    return { table: bytes.toString('base64'), tableSeed, tableBits, tableSize };
  }
}

/** Sample photographs of a site that can be searched with pictures of one's own, in the order of their ids. */
export const searchablePictures: string[] = Array.from(
  { length: 24 },
  (_, n) => `photos/${String(n).padStart(2, '0')}.jpg`,
);

/** Writes a site as the command does, with model, library and the elements' scripts. */
export async function writeSearchableSite(
  folder: string,
  { model = true }: { model?: boolean } = {},
): Promise<void> {
  const put = async (path: string, bytes: Uint8Array | string): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  const photographs = (await readdir(samples)).sort();
  await using search = await ImageSearch.open({ threads: 1 });
  const { dimension, fingerprint } = (await search.report()).model;
  const vectors = new Float32Array(searchablePictures.length * dimension);
  const pictures: StaticPicture[] = [];
  for (const [n, id] of searchablePictures.entries()) {
    const file = await readFile(join(samples, photographs[20 * n]!));
    await put(id, file);
    vectors.set(await search.extract(file), n * dimension);
    const small = await sharp(file).resize(240, 240, { fit: 'inside' }).webp().toBuffer();
    await put(`likeness/small/${hex(small)}.webp`, small);
    const { width, height } = await sharp(file).metadata();
    const places = [{ page: `page-${n}/`, alt: `Food ${n}`, caption: `Caption ${n}`, title: 'Foods' }];
    pictures.push({
      record: { id, small: hex(small), width, height, places, meta: { n: `${n}` } },
      aliases: [],
    });
  }
  const web = join(root, 'dist/web');
  const names = await readdir(web, { recursive: true });
  for (const name of names.filter((path) => /^(likeness[^/]*\.js|decoders\/.*)$/.test(path)))
    await put(`likeness/lib-000000000000/${name}`, await readFile(join(web, name)));
  let bytes = 0;
  for (const name of model ? await readdir(join(web, 'models/vgg16-compact')) : []) {
    const file = await readFile(join(web, 'models/vgg16-compact', name));
    bytes += file.length;
    await put(`likeness/model-000000000000/${name}`, file);
  }
  const files = encode({
    pictures,
    dimension,
    vectors,
    k: 12,
    base: '/shop/',
    root: '../',
    smallSize: 240,
    search: {
      fingerprint,
      model: { folder: model ? 'model-000000000000/' : null, bytes },
      lib: 'lib-000000000000/',
    },
  });
  for await (const { name, bytes: content } of files) await put(`likeness/${name}`, content);
  for (const name of await readdir(join(root, 'dist/elements')))
    await put(`likeness/${name}`, await readFile(join(root, 'dist/elements', name)));
}
