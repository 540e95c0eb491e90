import type { Pixels } from '../../src/image/pixels.ts';
import { seeded } from './random.ts';

/** `n` bytes of noise. */
export function noise(seed: number, n: number): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length: n }, () => random() * 256);
}

/** Pictures of scripts/fixtures/pillow.py: `width * height * 4` bytes. */
export function picture(content: string, seed: number, width: number, height: number): Uint8Array {
  const bytes = noise(seed, width * height * 4);
  for (let i = 0; i < bytes.length; i++) {
    const c = i & 3;
    const value = bytes[i]!;
    if (content === 'smooth') {
      const x = (i >> 2) % width;
      const y = Math.floor((i >> 2) / width);
      const t = (x * (3 + c) + y * (5 + 2 * c) + 40 * c + seed) % 510;
      bytes[i] = Math.min(t, 510 - t);
    } else if (content === 'extremes') bytes[i] = value < 128 ? 0 : 255;
    else if (content === 'low-alpha' && c === 3) bytes[i] = value >> 5;
    else if (content === 'holes' && c === 3) bytes[i] = value < 170 ? 0 : value;
  }
  return bytes;
}

/** The picture in one of Pillow's modes (1, L, LA, P, I, RGB, RGBA, CMYK), as our `Pixels` hold it. */
export function pixelsOfMode(
  mode: string,
  bytes: Uint8Array,
  seed: number,
  width: number,
  height: number,
): Pixels {
  if (mode === 'RGBA') return { width, height, rgba: bytes };
  if (mode === 'CMYK') return { width, height, rgba: bytes, mode };
  const channel = (c: number) => Uint8Array.from({ length: width * height }, (_, i) => bytes[i * 4 + c]!);
  if (mode === 'I') {
    const low = channel(1);
    const gray = Uint16Array.from(channel(0), (high, i) => high * 256 + low[i]!);
    return { width, height, rgba: new Uint8Array(0), mode, gray };
  }
  const palette = noise(seed + 1, 768);
  const rgba = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i += 4) {
    const grey = mode === '1' ? (bytes[i]! >= 128 ? 255 : 0) : bytes[i]!;
    for (let c = 0; c < 3; c++)
      rgba[i + c] = mode === 'RGB' ? bytes[i + c]! : mode === 'P' ? palette[grey * 3 + c]! : grey;
    rgba[i + 3] = mode === 'LA' ? bytes[i + 3]! : 255;
  }
  if (mode === 'P' || mode === '1') return { width, height, rgba, mode: 'P' };
  return { width, height, rgba, mode: mode === 'LA' ? 'RGBA' : 'RGB' };
}

/** `R G B x` pixels to `R G B`. */
export function dropAlpha(rgba: Uint8Array | Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let i = 0, j = 0; i < rgba.length; i += 4, j += 3) {
    rgb[j] = rgba[i]!;
    rgb[j + 1] = rgba[i + 1]!;
    rgb[j + 2] = rgba[i + 2]!;
  }
  return rgb;
}

/** Lower-case hexadecimal. */
export async function sha256(data: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
