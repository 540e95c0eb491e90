import { isPixelRows, type Pixels } from './pixels.ts';

/**
 * Turns and mirrors a picture so that it stands upright: `PIL.ImageOps.exif_transpose`.
 *
 * @param orientation EXIF orientation, 1 (upright already) … 8
 */
export function orient(pixels: Pixels, orientation: number): Pixels {
  const { width: w, height: h } = pixels;
  // Source index of the first output pixel, of the next one to the right of it, and of the next one below.
  const steps: Record<number, [number, number, number]> = {
    2: [w - 1, -1, w],
    3: [w * h - 1, -1, -w],
    4: [w * (h - 1), 1, -w],
    5: [0, w, 1],
    6: [w * (h - 1), -w, 1],
    7: [w * h - 1, -w, -1],
    8: [w - 1, w, -1],
  };
  const step = steps[orientation];
  if (!step) return pixels;
  if (isPixelRows(pixels)) return pixels.turned(orientation);
  const [origin, right, down] = step;
  const [width, height] = orientation >= 5 ? [h, w] : [w, h];
  const turn = <T extends Uint16Array | Uint32Array>(from: T, to: T): T => {
    let i = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0, at = origin + y * down; x < width; x++, at += right) to[i++] = from[at]!;
    return to;
  };
  if (pixels.gray) return { ...pixels, width, height, gray: turn(pixels.gray, new Uint16Array(w * h)) };
  const aligned = pixels.rgba.byteOffset % 4 === 0 ? pixels.rgba : pixels.rgba.slice();
  const words = turn(new Uint32Array(aligned.buffer, aligned.byteOffset, w * h), new Uint32Array(w * h));
  return { ...pixels, width, height, rgba: new Uint8Array(words.buffer) };
}
