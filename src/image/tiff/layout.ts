import { checkSize } from '../check.ts';
import { broken, unread } from './broken.ts';
import { type Directory, Tag } from './directory.ts';

/** What the samples of a pixel mean. */
export type Meaning =
  /** One sample: bilevel, 0 is black. */
  | 'bilevel'
  /** One sample of grey, 0 is black. */
  | 'grey'
  /** One sample of 16 bits, which Pillow reads to its mode I;16. */
  | 'grey16'
  /** Grey and alpha. */
  | 'grey-alpha'
  /** An index into the colour map. */
  | 'palette'
  /** Red, green, blue; more samples mean nothing. */
  | 'rgb'
  /** Red, green, blue, alpha; more samples mean nothing. */
  | 'rgb-alpha'
  /** The same with alpha multiplied in. */
  | 'rgb-premultiplied'
  /** Ink. */
  | 'cmyk';

export const Compression = {
  none: 1,
  lzw: 5,
  jpeg: 7,
  adobeDeflate: 8,
  packBits: 32773,
  deflate: 32946,
} as const;

const otherCompressions: Record<number, string> = {
  2: 'CCITT RLE compression',
  3: 'CCITT group 3 (fax) compression',
  4: 'CCITT group 4 (fax) compression',
  6: 'old-style JPEG compression',
  9: 'JBIG compression',
  10: 'JBIG compression',
  32771: 'CCITT RLE compression',
  32809: 'ThunderScan compression',
  33003: 'JPEG 2000 compression',
  33005: 'JPEG 2000 compression',
  34661: 'JBIG compression',
  34676: 'SGI LogLuv compression',
  34677: 'SGI LogLuv compression',
  34712: 'JPEG 2000 compression',
  34887: 'LERC compression',
  34892: 'lossy DNG JPEG compression',
  34925: 'LZMA compression',
  50000: 'ZSTD compression',
  50001: 'WebP compression',
  50002: 'JPEG XL compression',
  52546: 'JPEG XL compression',
};

const photometrics: Record<number, string> = {
  4: 'a transparency mask',
  6: 'YCbCr colour outside of JPEG',
  8: 'CIE L*a*b* colour',
  9: 'ICC L*a*b* colour',
  10: 'ITU L*a*b* colour',
  32803: 'raw sensor data (colour filter array)',
  32844: 'LogL colour',
  32845: 'LogLuv colour',
  34892: 'raw sensor data',
};

/** A picture's samples and where they lie. */
export interface Layout {
  width: number;
  height: number;
  littleEndian: boolean;
  meaning: Meaning;
  /** 0 is white: samples have to be inverted. */
  inverted: boolean;
  /** Of a sample: 1, 2, 4, 8 or 16. */
  bits: number;
  /** Of a pixel. */
  samples: number;
  /** Each sample of all pixels in segments of its own, or those of a pixel together. */
  planar: boolean;
  compression: number;
  /** Samples are stored as the difference to the pixel at their left. */
  differences: boolean;
  /** The bits of each byte come in reverse order. */
  reversedBits: boolean;
  /** Red, green and blue of each index, 8 bits; only with a palette. */
  palette: Uint8Array | undefined;
  /** Size of a strip or tile in pixels. */
  segmentWidth: number;
  segmentHeight: number;
  tiled: boolean;
  /** Of the strips or tiles, row by row; one plane after the other. */
  offsets: number[];
  /** None for uncompressed pictures that leave them out. */
  byteCounts: number[] | undefined;
  /** 1 (upright) … 8, as EXIF numbers them. */
  orientation: number;
  /** JPEG data are YCbCr; only with JPEG compression. */
  ycbcr: boolean;
  /** Tables that JPEG segments have in common. */
  jpegTables: Uint8Array | undefined;
}

const same = (list: number[], value: number): boolean => list.every((item) => item === value);

/** What the samples mean, in the combinations that Pillow reads (TiffImagePlugin.OPEN_INFO). */
function meaningOf(
  photometric: number,
  bits: number,
  samples: number,
  extra: number[],
  littleEndian: boolean,
): Meaning | undefined {
  if (photometric <= 1) {
    if (samples === 1 && extra.length === 0) {
      if (bits === 1) return 'bilevel';
      if (bits <= 8) return 'grey';
      // Pillow does not invert 16-bit grey whose 0 is white, and does not read it from big-endian files.
      if (bits === 16 && (photometric === 1 || littleEndian)) return 'grey16';
    }
    const isAlpha = photometric === 1 && samples === 2 && extra.length === 1 && extra[0] === 2;
    return isAlpha && bits === 8 ? 'grey-alpha' : undefined;
  }
  if (photometric === 3) return samples === 1 && extra.length === 0 && bits <= 8 ? 'palette' : undefined;
  if (bits < 8) return;
  if (photometric === 5) {
    const ok = bits === 8 ? samples <= 6 : samples === 4 && littleEndian;
    return ok && samples === 4 + extra.length && same(extra, 0) ? 'cmyk' : undefined;
  }
  if (photometric !== 2) return;
  if (samples === 3 && extra.length === 0) return 'rgb';
  if (samples === 4 && extra.length === 0) return 'rgb-alpha';
  if (samples !== 3 + extra.length || samples > (bits === 8 ? 6 : 4) || !same(extra.slice(1), 0)) return;
  if (extra[0] === 0) return 'rgb';
  if (extra[0] === 1) return 'rgb-premultiplied';
  const isAlpha = extra[0] === 2 || (extra[0] === 999 && samples === 4 && bits === 8); // 999: Corel Draw 10
  return isAlpha ? 'rgb-alpha' : undefined;
}

/**
 * What a directory says of its picture.
 *
 * @throws LikenessError `bad-image` where the size is absurd, tags contradict each other, or the kind is not read
 */
export function layoutOf({ littleEndian, tags }: Directory): Layout {
  const one = (tag: number, missing: number): number => tags.get(tag)?.[0] ?? missing;
  const width = one(Tag.width, 0);
  const height = one(Tag.height, 0);
  checkSize(width, height, 'the TIFF');

  const compression = one(Tag.compression, Compression.none);
  if (!Object.values<number>(Compression).includes(compression))
    throw unread(otherCompressions[compression] ?? `compression ${compression}`);
  const isJpeg = compression === Compression.jpeg;

  const format = tags.get(Tag.sampleFormat) ?? [1];
  if (!same(format, 1)) {
    const names: Record<number, string> = { 2: 'signed', 3: 'floating-point', 5: 'complex', 6: 'complex' };
    throw unread(`${names[format[0]!] ?? 'mixed or unknown'} samples`);
  }
  const samples = one(Tag.samplesPerPixel, 1);
  const stated = tags.get(Tag.bitsPerSample) ?? [1];
  const bits = stated[0]!;
  if (stated.length > 1 && stated.length < samples) throw broken('BitsPerSample lacks values');
  if (!same(stated.slice(0, samples), bits)) throw unread('samples of different widths');
  if (![1, 2, 4, 8, 16].includes(bits)) throw unread(`${bits}-bit samples`);

  // Pillow takes a missing tag for 0.
  const photometric = one(Tag.photometric, 0);
  const extra = tags.get(Tag.extraSamples) ?? [];
  const ycbcr = isJpeg && photometric === 6;
  if (!ycbcr && photometrics[photometric]) throw unread(photometrics[photometric]);
  const meaning = meaningOf(ycbcr ? 2 : photometric, bits, samples, extra, littleEndian);
  const configuration = one(Tag.planarConfiguration, 1);
  if (configuration !== 1 && configuration !== 2) throw broken(`planar configuration ${configuration}`);
  const planes = configuration === 2;
  const planar = planes && samples > 1;
  const shape = `${samples} ${samples === 1 ? 'sample' : 'samples'} of ${bits} bits a pixel`;
  if (!meaning)
    throw unread(
      `${shape}, photometric interpretation ${photometric} and extra samples ${JSON.stringify(extra)}`,
    );
  const inverted = photometric === 0 && bits < 16;
  const isPlain = compression === Compression.none;
  // Pillow derives the kind of a plane from one letter of the picture's kind.
  if (planes && isPlain && (inverted || bits > 8 || (bits < 8 && meaning !== 'bilevel')))
    throw unread(`uncompressed planes of ${bits} bits`);
  if (planar && (samples > 4 || meaning === 'grey-alpha' || meaning === 'rgb-premultiplied'))
    throw unread(`planes of ${shape} (${meaning})`);
  if (planar && meaning === 'rgb-alpha' && extra.length === 0)
    throw unread('planes, the fourth of them unexplained');
  const channels: Partial<Record<Meaning, number>> = { grey: 1, rgb: 3, cmyk: 4 };
  if (isJpeg && (bits !== 8 || planar || channels[meaning] !== samples))
    throw unread(`JPEG compression and ${planar ? 'planes' : `${shape} (${meaning})`}`);

  const fillOrder = one(Tag.fillOrder, 1);
  const reversedBits = fillOrder === 2;
  const canReverse = isPlain
    ? meaning === 'bilevel' || (meaning === 'grey' && !(inverted && bits === 8))
    : bits < 16 && samples !== 2 && samples <= 3;
  if (fillOrder !== 1 && !(reversedBits && canReverse)) throw unread(`fill order ${fillOrder} and ${shape}`);

  const predictor = compression === Compression.none || isJpeg ? 1 : one(Tag.predictor, 1);
  const hasPredictor = compression !== Compression.packBits;
  if (hasPredictor && predictor > 2) throw unread(`predictor ${predictor}`);
  const differences = hasPredictor && predictor === 2;
  if (differences && bits < 8) throw unread(`predictor 2 and ${bits}-bit samples`);

  let palette: Uint8Array | undefined;
  if (meaning === 'palette') {
    const map = tags.get(Tag.colorMap);
    const entries = 2 ** bits;
    if (map?.length !== 3 * entries)
      throw broken(
        `a colour map of ${map?.length ?? 0} values; its ${bits} bits a pixel need ${3 * entries}`,
      );
    palette = Uint8Array.from(
      { length: 3 * entries },
      (_, i) => map[(i % 3) * entries + Math.floor(i / 3)]! >> 8,
    );
  }

  // Strips or tiles? libtiff, which unpacks compressed data for Pillow, goes by the size of tiles; Pillow itself goes by
  // the tag of the offsets.
  const tiled = isPlain ? !tags.has(Tag.stripOffsets) : tags.has(Tag.tileWidth);
  const segmentWidth = tiled ? one(Tag.tileWidth, 0) : width;
  const segmentHeight = tiled ? one(Tag.tileHeight, 0) : Math.min(one(Tag.rowsPerStrip, height), height);
  checkSize(segmentWidth, segmentHeight, tiled ? 'a tile of the TIFF' : 'a strip of the TIFF');
  const either = (first: number, second: number): number[] | undefined => tags.get(first) ?? tags.get(second);
  const offsets = (tiled ? either(Tag.tileOffsets, Tag.stripOffsets) : tags.get(Tag.stripOffsets)) ?? [];
  const byteCounts = tiled ? either(Tag.tileByteCounts, Tag.stripByteCounts) : tags.get(Tag.stripByteCounts);
  const wanted = Math.ceil(width / segmentWidth) * Math.ceil(height / segmentHeight) * (planar ? samples : 1);
  const segments = tiled ? 'tiles' : 'strips';
  if (offsets.length !== wanted) throw broken(`it has ${offsets.length} ${segments} where ${wanted} belong`);
  if (compression !== Compression.none && (byteCounts?.length ?? 0) < wanted)
    throw broken(`its ${segments} have no lengths`);

  const tables = tags.get(Tag.jpegTables);
  return {
    width,
    height,
    littleEndian,
    meaning,
    inverted,
    bits,
    samples,
    planar,
    compression,
    differences,
    reversedBits: reversedBits && !isJpeg,
    palette,
    segmentWidth,
    segmentHeight,
    tiled,
    offsets,
    byteCounts,
    orientation: one(Tag.orientation, 1),
    ycbcr,
    jpegTables: tables && Uint8Array.from(tables),
  };
}
