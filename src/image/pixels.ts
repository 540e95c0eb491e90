/**
 * How Pillow would hold the picture; it decides how `Image.resize` and `convert('RGB')` treat it.
 *
 * - `RGB`: alpha plays no part (Pillow's L and RGB, also with a transparent key colour)
 * - `RGBA`: resized with premultiplied alpha, which is then dropped (Pillow's LA and RGBA)
 * - `P`: nearest neighbour whatever filter is asked for (Pillow's P and 1)
 * - `I;16`: the same, 16-bit grey clipped to 0..255 already; positions are products, not sums (Pillow's I;16, of TIFF)
 * - `CMYK`: `rgba` holds C M Y K (255 is full ink), resized as such and converted then
 * - `I`: one 16-bit grey channel in `gray`, resized as 32-bit integers and then clipped to 0..255 (Pillow's I)
 */
export type PixelMode = 'RGB' | 'RGBA' | 'P' | 'I;16' | 'CMYK' | 'I';

/** A decoded picture. */
export interface Pixels {
  /** In pixels, at least 1. */
  width: number;
  /** In pixels, at least 1. */
  height: number;
  /** `width * height * 4` bytes, rows from the top, R G B A, alpha not premultiplied. Empty when `mode` is `I`. */
  rgba: Uint8Array | Uint8ClampedArray;
  /** Default: `RGBA` where some alpha is below 255, else `RGB`. */
  mode?: PixelMode;
  /** `width * height` samples of 0..65535; only when `mode` is `I`. */
  gray?: Uint16Array;
}

/**
 * A picture that is too large to have its pixels twice: the decoder has them, and they are read some rows at a time. Who
 * asks for `rgba` gets all of them, and the decoder's go.
 */
export interface PixelRows extends Pixels {
  mode: 'RGB';
  /** Rows `from` … `to` − 1, `(to − from) * width * 4` bytes. */
  read(from: number, to: number): Uint8Array;
  /** The same picture, turned and mirrored as EXIF's `orientation` says; of one that is not turned yet. */
  turned(orientation: number): PixelRows;
  /** Gives the memory back. */
  close(): void;
}

/** Whether the pixels are still the decoder's. */
export const isPixelRows = (pixels: Pixels): pixels is PixelRows => 'read' in pixels;
