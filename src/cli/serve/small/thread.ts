/** The thread that makes small pictures for `likeness serve`: one at a time, so that one large picture is in memory. */
import { transfer } from '../../../base/rpc.ts';
import { serveStarter } from '../../../base/start-worker.node.ts';
import { MAX_PIXELS } from '../../../image/check.ts';
import { decode, loadSharp, type Sharp } from '../../../image/decode.node.ts';
import { sniffFormat } from '../../../image/format.ts';
import { smallWebp } from '../../../image/small.ts';
import { sideOf, widest } from './sizes.ts';

/** WebP of small pictures; a better method of the encoder takes twice the time and saves a tenth of the bytes. */
const encoding = { quality: 76, method: 2 };

const thread = {
  /**
   * A picture file as a small WebP file, upright.
   *
   * @param height in pixels, at most
   * @throws LikenessError `bad-image`
   */
  async make(file: Uint8Array, height: number): Promise<Uint8Array> {
    const sharp = sniffFormat(file) === 'JPEG' ? await loadSharp() : undefined;
    const small = (sharp && (await shrinkNatively(sharp, file, height))) ?? (await shrink(file, height));
    return transfer(small, [small.buffer as ArrayBuffer]);
  },
};

/** All formats, on every machine; of JPEG, too, a fraction of the pixels. */
async function shrink(file: Uint8Array, height: number): Promise<Uint8Array> {
  const pixels = await decode(file, { orient: true, least: (size) => sideOf(size, height) });
  return smallWebp(pixels, { side: sideOf(pixels, height), ...encoding });
}

/**
 * libjpeg decodes an eighth, a quarter or half of a photograph's pixels, in a fraction of the time and memory. What it
 * refuses is for our decoders, which know more kinds of JPEG.
 */
async function shrinkNatively(
  sharp: Sharp,
  file: Uint8Array,
  height: number,
): Promise<Uint8Array | undefined> {
  try {
    const small = await sharp(file, { failOn: 'truncated', limitInputPixels: MAX_PIXELS, ignoreIcc: true })
      .rotate()
      .resize({ width: widest * height, height, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .webp({ quality: encoding.quality, effort: encoding.method })
      .toBuffer();
    return new Uint8Array(small); // a buffer of its own, to be handed over
  } catch {
    return undefined;
  }
}

export type SmallThread = typeof thread;

serveStarter(() => thread, true);
