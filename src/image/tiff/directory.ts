import { broken, truncated } from './broken.ts';

/** The tags that decide which pixels a picture has. */
export const Tag = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  colorMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  ycbcrSubsampling: 530,
} as const;

const known: ReadonlySet<number> = new Set(Object.values(Tag));

/** Bytes of a value of each type that a number may have: SHORT, LONG, LONG8. */
const sizes: Record<number, number> = { 3: 2, 4: 4, 16: 8 };

/** Tags of more than one value. */
const lists: ReadonlySet<number> = new Set([
  Tag.bitsPerSample,
  Tag.stripOffsets,
  Tag.stripByteCounts,
  Tag.colorMap,
  Tag.tileOffsets,
  Tag.tileByteCounts,
  Tag.extraSamples,
  Tag.sampleFormat,
  Tag.jpegTables,
  Tag.ycbcrSubsampling,
]);

/** The first directory of a TIFF file: that of its first page. */
export interface Directory {
  littleEndian: boolean;
  /** Values of the known tags that it has, at least one each. */
  tags: Map<number, number[]>;
}

/**
 * Reads the first directory of a TIFF or BigTIFF file.
 *
 * @throws LikenessError `bad-image`
 */
export function readDirectory(bytes: Uint8Array): Directory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (at: number, byteLength: number): void => {
    if (at + byteLength > bytes.length)
      throw truncated(`its directory lies beyond the end of the file (${bytes.length} bytes)`);
  };
  need(0, 8);
  const littleEndian = bytes[0] === 0x49;
  const isBig = bytes[2] === 43 || bytes[3] === 43;
  const long8 = (at: number): number => Number(view.getBigUint64(at, littleEndian));
  if (isBig) {
    need(0, 16);
    if (view.getUint16(4, littleEndian) !== 8) throw broken('offsets of BigTIFF must have 8 bytes');
  }
  const start = isBig ? long8(8) : view.getUint32(4, littleEndian);
  if (start === 0) throw broken('it has no page');
  need(start, isBig ? 8 : 2);
  const entries = isBig ? long8(start) : view.getUint16(start, littleEndian);
  const entryBytes = isBig ? 20 : 12;
  const first = start + (isBig ? 8 : 2);
  need(first, entries * entryBytes);

  const tags = new Map<number, number[]>();
  for (let at = first; at < first + entries * entryBytes; at += entryBytes) {
    const tag = view.getUint16(at, littleEndian);
    if (!known.has(tag)) continue;
    const type = view.getUint16(at + 2, littleEndian);
    // BYTE or UNDEFINED: a stream of JPEG.
    const size = tag === Tag.jpegTables && (type === 1 || type === 7) ? 1 : sizes[type];
    if (size === undefined || (size === 8 && !isBig)) throw broken(`tag ${tag} has values of type ${type}`);
    if (tags.has(tag)) throw broken(`tag ${tag} is there twice`);
    const count = isBig ? long8(at + 4) : view.getUint32(at + 4, littleEndian);
    if (count !== 1 && !lists.has(tag)) throw broken(`tag ${tag} has ${count} values`);
    if (count === 0) continue;
    const inline = at + (isBig ? 12 : 8);
    let from = inline;
    if (count * size > (isBig ? 8 : 4)) from = isBig ? long8(inline) : view.getUint32(inline, littleEndian);
    need(from, count * size);
    const value = (i: number): number => {
      const place = from + i * size;
      if (size === 1) return bytes[place]!;
      if (size === 2) return view.getUint16(place, littleEndian);
      return size === 4 ? view.getUint32(place, littleEndian) : long8(place);
    };
    tags.set(
      tag,
      Array.from({ length: count }, (_, i) => value(i)),
    );
  }
  return { littleEndian, tags };
}
