import { Readable } from 'node:stream';
import { constants, createInflate } from 'node:zlib';
import { once } from '../base/once.ts';
import { badImage } from './bad-image.ts';
import { MAX_PIXELS } from './check.ts';
import { createDecode, type Decode } from './decode.ts';
import { decoders } from './decoders.ts';
import type { Format } from './format.ts';
import type { Pixels } from './pixels.ts';
import type { PlatformDecode } from './platform.ts';
import type { Inflate } from './png-text.ts';
import { modeOf } from './resize.ts';

/** The PNG reader finds out if data are missing at the end: `DecompressionStream` would drop lines before it. */
const inflate: Inflate = (parts) =>
  Readable.from(parts)
    .pipe(createInflate({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 1 << 18 }))
    [Symbol.asyncIterator]();

export type Sharp = typeof import('sharp').default;

/** Undefined if it is not installed, or native code may not be loaded. */
export const loadSharp: () => Promise<Sharp | undefined> = once(async () => {
  try {
    const name = 'sharp'; // not for bundlers, which cannot hold native code; tracers of a server's files follow it
    return (await import(/* webpackIgnore: true */ name)).default;
  } catch {
    return undefined;
  }
});

/** libvips, whose JPEG and WebP decoders are native; without sharp the same decoders as WebAssembly, which are slower. */
const decodeHere: PlatformDecode = async (file, format, size) => {
  const sharp = await loadSharp();
  return sharp ? decodeWithSharp(sharp, file, format) : decodeInWasm(file, format, size);
};

const decodeInWasm: PlatformDecode = async (file, format, { width, height }) =>
  format === 'JPEG'
    ? (await decoders.jpegTurbo()).decodeColourJpeg(file, width, height)
    : (await decoders.webpAlpha()).decodeTransparentWebp(file);

async function decodeWithSharp(sharp: Sharp, bytes: Uint8Array, format: Format): Promise<Pixels> {
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
    throw badImage(`this ${format} cannot be decoded: ${reason}`, error);
  }
}

/** See {@link Decode}. */
export const decode: Decode = createDecode(inflate, decodeHere, decoders);

/** The same as where there is no sharp. */
export const decodeWithoutSharp: Decode = createDecode(inflate, decodeInWasm, decoders);
