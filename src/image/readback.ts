import { free } from '../base/free.ts';
import { badImage } from './bad-image.ts';
import { checkSize } from './check.ts';
import type { Pixels } from './pixels.ts';

/** Bitmaps as the file has them: no colour management, alpha not multiplied in. */
export const asStored: ImageBitmapOptions = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/** Pictures are read in bands of about this many pixels: some browsers limit a canvas to less than a photograph. */
const BAND_PIXELS = 1 << 21;

/** A canvas to read pixels of bitmaps with. */
function readingCanvas(width: number, height: number) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw badImage('this browser gives no 2D canvas to read pixels with');
  context.globalCompositeOperation = 'copy';
  return { canvas, context };
}

/** The pixels of a part of a bitmap that is opaque, R G B A, through a 2D canvas. */
export function readOpaquePart(
  bitmap: ImageBitmap,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): Uint8Array {
  const { canvas, context } = readingCanvas(width, height);
  context.drawImage(bitmap, -x, -y);
  const { data } = context.getImageData(0, 0, width, height);
  canvas.width = 1; // its pixels would wait for the garbage collector
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

/** The pixels of a bitmap, R G B A, through a 2D canvas; undefined at the first one that is not opaque. */
export function readOpaque(bitmap: ImageBitmap): Uint8Array | undefined {
  const { width, height } = bitmap;
  const bandRows = Math.min(height, Math.max(1, Math.floor(BAND_PIXELS / width)));
  const { canvas, context } = readingCanvas(width, bandRows);
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += bandRows) {
    const rows = Math.min(bandRows, height - y);
    context.drawImage(bitmap, 0, -y);
    const { data } = context.getImageData(0, 0, width, rows);
    for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return;
    rgba.set(data, y * width * 4);
    free(data);
  }
  canvas.width = 1; // its pixels would wait for the garbage collector
  return rgba;
}

/** Side of the largest texture; larger bitmaps are read in tiles. */
const TILE = 2048;

let shared: WebGL2RenderingContext | undefined;

/** This thread's context for {@link readTransparent}, a texture bound to its frame buffer. One for all: browsers allow few. */
function reader(): WebGL2RenderingContext {
  if (shared && !shared.isContextLost()) return shared;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) throw badImage('pictures with transparency need WebGL 2 to be read exactly');
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
  shared = gl;
  return gl;
}

/**
 * The pixels of a bitmap with alpha, through a WebGL texture. A 2D canvas would multiply colour by alpha, and dividing
 * again does not undo the rounding.
 */
async function readTransparent(bitmap: ImageBitmap): Promise<Uint8Array> {
  const { width, height } = bitmap;
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      const w = Math.min(TILE, width - x);
      const h = Math.min(TILE, height - y);
      const tile = await createImageBitmap(bitmap, x, y, w, h, asStored);
      // No await from here to the end of the tile: other pictures use the same context.
      const gl = reader();
      gl.pixelStorei(gl.PACK_ROW_LENGTH, width);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, tile);
      tile.close();
      gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, rgba, (y * width + x) * 4);
      if (gl.getError() !== gl.NO_ERROR || gl.isContextLost())
        throw badImage('WebGL failed while a picture with transparency was read; try again');
    }
  }
  return rgba;
}

/** The pixels of a bitmap, exactly as it holds them. The bitmap stays open. */
export async function readBitmap(bitmap: ImageBitmap): Promise<Pixels> {
  const { width, height } = bitmap;
  checkSize(width, height);
  const rgba = readOpaque(bitmap);
  if (rgba) return { width, height, rgba, mode: 'RGB' };
  return { width, height, rgba: await readTransparent(bitmap), mode: 'RGBA' };
}
