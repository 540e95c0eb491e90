import { LikenessError } from '../errors.ts';
import { checkSize } from './check.ts';
import type { Pixels } from './pixels.ts';

/** Bitmaps as the file has them: no colour management, alpha not multiplied in. */
export const asStored: ImageBitmapOptions = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/** Pictures are read in bands of about this many pixels: some browsers limit a canvas to less than a photograph. */
const BAND_PIXELS = 1 << 22;

/** The pixels of a bitmap through a 2D canvas; undefined at the first one that is not opaque. */
function readOpaque(bitmap: ImageBitmap): Uint8Array | undefined {
  const { width, height } = bitmap;
  const bandRows = Math.min(height, Math.max(1, Math.floor(BAND_PIXELS / width)));
  const context = new OffscreenCanvas(width, bandRows).getContext('2d', { willReadFrequently: true });
  if (!context) throw new LikenessError('bad-image', 'this browser gives no 2D canvas to read pixels with');
  context.globalCompositeOperation = 'copy';
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += bandRows) {
    const rows = Math.min(bandRows, height - y);
    context.drawImage(bitmap, 0, -y);
    const { data } = context.getImageData(0, 0, width, rows);
    for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return;
    rgba.set(data, y * width * 4);
  }
  return rgba;
}

/**
 * The pixels of a bitmap with alpha through a WebGL texture: a 2D canvas keeps colour multiplied by alpha, and dividing
 * again does not bring back what was rounded away.
 */
async function readTransparent(bitmap: ImageBitmap): Promise<Uint8Array> {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) throw new LikenessError('bad-image', 'pictures with transparency need WebGL 2 to be read exactly');
  try {
    const side: number = Math.min(gl.getParameter(gl.MAX_TEXTURE_SIZE), 4096);
    const rgba = new Uint8Array(width * height * 4);
    const texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.pixelStorei(gl.PACK_ROW_LENGTH, width);
    for (let y = 0; y < height; y += side) {
      for (let x = 0; x < width; x += side) {
        const w = Math.min(side, width - x);
        const h = Math.min(side, height - y);
        const tile = await createImageBitmap(bitmap, x, y, w, h, asStored);
        gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, tile);
        tile.close();
        gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, rgba, (y * width + x) * 4);
      }
    }
    if (gl.isContextLost())
      throw new LikenessError('bad-image', 'WebGL failed while a picture was read; try again');
    return rgba;
  } finally {
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

/** The pixels of a bitmap, exactly as it holds them. The bitmap stays open. */
export async function readBitmap(bitmap: ImageBitmap): Promise<Pixels> {
  const { width, height } = bitmap;
  checkSize(width, height);
  const rgba = readOpaque(bitmap);
  if (rgba) return { width, height, rgba, mode: 'RGB' };
  return { width, height, rgba: await readTransparent(bitmap), mode: 'RGBA' };
}
