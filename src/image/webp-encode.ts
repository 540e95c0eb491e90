import createModule from '#webp/webp_enc_simd.js';
import wasm from '#webp/webp_enc_simd.wasm';
import { once } from '../base/once.ts';
import { badImage } from './bad-image.ts';
import { emscripten } from './emscripten.ts';

/** libwebp's encoder as WebAssembly: the same bytes on every machine. */
const encoder = once(emscripten(createModule, wasm));

/** libwebp's defaults (`WebPConfigInit`), as its encoder wants them all. */
const usual = {
  target_size: 0,
  target_PSNR: 0,
  method: 4,
  sns_strength: 50,
  filter_strength: 60,
  filter_sharpness: 0,
  filter_type: 1,
  partitions: 0,
  segments: 4,
  pass: 1,
  show_compressed: 0,
  preprocessing: 0,
  autofilter: 0,
  partition_limit: 0,
  alpha_compression: 1,
  alpha_filtering: 1,
  alpha_quality: 100,
  lossless: 0,
  exact: 0,
  image_hint: 0,
  emulate_jpeg_size: 0,
  thread_level: 0,
  low_memory: 0,
  near_lossless: 100,
  use_delta_palette: 0,
  use_sharp_yuv: 0,
};

/**
 * A WebP file of a picture, with loss.
 *
 * @param rgba `width * height * 4` bytes: R, G, B, alpha
 * @param options.quality 0 … 100
 * @param options.method 0 (fast) … 6 (small); libwebp's default is 4
 */
export async function encodeWebp(
  rgba: Uint8Array,
  width: number,
  height: number,
  { quality, method = 4 }: { quality: number; method?: number | undefined },
): Promise<Uint8Array> {
  const file = (await encoder()).encode(rgba, width, height, { ...usual, quality, method });
  if (!file) throw badImage(`a picture of ${width} × ${height} cannot be made WebP`);
  return file.slice();
}
