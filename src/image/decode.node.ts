import { Readable } from 'node:stream';
import { constants, createInflate } from 'node:zlib';
import { LikenessError } from '../errors.ts';
import { MAX_PIXELS } from './check.ts';
import { createDecode, type Decode } from './decode.ts';
import { decoders } from './decoders.ts';
import type { Format } from './format.ts';
import type { Pixels } from './pixels.ts';
import type { Inflate } from './png-text.ts';
import { modeOf } from './resize.ts';

/** What is missing at the end of the data is for the PNG reader to find out: `DecompressionStream` would drop lines before it. */
const inflate: Inflate = (parts) =>
  Readable.from(parts)
    .pipe(createInflate({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 1 << 18 }))
    [Symbol.asyncIterator]();

async function decodeWithSharp(bytes: Uint8Array, format: Format): Promise<Pixels> {
  const { default: sharp } = await import('sharp');
  // Pillow refuses truncated files and overlooks lesser damage.
  const picture = sharp(bytes, { failOn: 'truncated', limitInputPixels: MAX_PIXELS, ignoreIcc: true })
    .toColourspace('srgb')
    .ensureAlpha();
  try {
    const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    const rgba = new Uint8Array(data.buffer, data.byteOffset, data.length);
    return { width, height, rgba, mode: modeOf({ width, height, rgba }) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new LikenessError('bad-image', `this ${format} cannot be decoded: ${reason}`, { cause: error });
  }
}

/** See {@link Decode}. */
export const decode: Decode = createDecode(inflate, decodeWithSharp, decoders);
