import bytes from '#wasm/jpeg-turbo.wasm';
import type { LikenessError } from '../base/errors.ts';
import { once } from '../base/once.ts';
import { badImage } from './bad-image.ts';
import type { Pixels } from './pixels.ts';

// libjpeg-turbo as WebAssembly, 140 kB, loaded when it is needed: for CMYK JPEG files on every platform, as browsers
// convert ink to RGB, while Pillow resizes the ink; in Node without sharp for all JPEG files.

interface Turbo {
  memory: WebAssembly.Memory;
  malloc(byteLength: number): number;
  free(pointer: number): void;
  tjInitDecompress(): number;
  tjDecompress2(
    decompressor: number,
    file: number,
    byteLength: number,
    out: number,
    width: number,
    pitch: number,
    height: number,
    format: number,
    flags: number,
  ): number;
  tjDestroy(decompressor: number): number;
}

const TJPF_RGBA = 7;
const TJPF_CMYK = 11;

/** Memory only grows; an instance that has more than this is not kept. */
const KEPT_BYTES = 64 << 20;

const compiled = once(() => WebAssembly.compile(bytes));
let idle: Turbo | undefined;

async function instantiate(): Promise<Turbo> {
  if (idle) {
    const turbo = idle;
    idle = undefined;
    return turbo;
  }
  const nothing = () => 0;
  const fail = () => {
    throw new Error('libjpeg-turbo gave up');
  };
  const { exports } = await WebAssembly.instantiate(await compiled(), {
    // It leaves an error by a jump over C's stack. An exception does the same; what the instance held is lost.
    env: { setjmp: nothing, longjmp: fail },
    wasi_snapshot_preview1: {
      environ_sizes_get: nothing,
      environ_get: nothing,
      fd_close: nothing,
      fd_seek: nothing,
      fd_write: nothing,
      proc_exit: fail,
    },
  });
  return exports as unknown as Turbo;
}

/**
 * The ink of a JPEG file of four colour channels (CMYK or YCCK).
 *
 * @returns `width * height * 4` bytes: C, M, Y, K, 255 for full ink. As in Pillow, files are taken to be inverted, as
 *   Adobe writes them
 * @throws LikenessError `bad-image`
 */
export async function decodeCmykJpeg(file: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const { values: ink, warned } = await decompress(file, width, height, TJPF_CMYK);
  if (warned) throw broken(); // damaged data give pixels, but not those that Pillow gives
  for (let i = 0; i < ink.length; i++) ink[i]! ^= 255;
  return ink;
}

/**
 * Decodes a JPEG file in grey or colour, as Pillow does. Only damaged data may differ: Pillow's libjpeg-turbo computes
 * with saturation.
 *
 * @throws LikenessError `bad-image`
 */
export async function decodeColourJpeg(file: Uint8Array, width: number, height: number): Promise<Pixels> {
  const { values: rgba } = await decompress(file, width, height, TJPF_RGBA);
  return { width, height, rgba, mode: 'RGB' };
}

/**
 * A JPEG file as a smaller picture: of each block of 8 × 8 pixels only `eighths` × `eighths` are computed, from its lowest
 * frequencies. The pixels of all others take neither time nor memory. What is wanted is a small picture, not what Pillow
 * makes of the whole one.
 *
 * @param components colour channels of the file: 1, 3 or 4 (CMYK)
 * @param eighths 1, 2, 4, or 8 for the whole picture
 * @returns width and height of the file, times `eighths`, over 8, rounded up
 * @throws LikenessError `bad-image`
 */
export async function decodeScaledJpeg(
  file: Uint8Array,
  { width, height, components }: { width: number; height: number; components: number },
  eighths: number,
): Promise<Pixels> {
  const [w, h] = [Math.ceil((width * eighths) / 8), Math.ceil((height * eighths) / 8)];
  return components === 4
    ? { width: w, height: h, rgba: await decodeCmykJpeg(file, w, h), mode: 'CMYK' }
    : decodeColourJpeg(file, w, h);
}

const broken = (cause?: unknown): LikenessError =>
  badImage('broken JPEG: its data are damaged, or too large for the memory', cause);

/**
 * @param width of the picture, or less: libjpeg-turbo takes the largest of its scales (sixteen eighths … one) that fits
 * @returns four bytes for each pixel; whether it warned that the data are damaged or odd
 */
async function decompress(
  file: Uint8Array,
  width: number,
  height: number,
  format: number,
): Promise<{ values: Uint8Array; warned: boolean }> {
  const turbo = await instantiate();
  const { memory } = turbo;
  const byteLength = width * height * 4;
  let decompressor: number;
  let input: number;
  let output: number;
  let warned: boolean;
  try {
    decompressor = turbo.tjInitDecompress();
    input = turbo.malloc(file.length);
    output = turbo.malloc(byteLength);
    if (!(decompressor && input && output)) throw new Error('no memory');
    new Uint8Array(memory.buffer, input, file.length).set(file);
    const size = [width, width * 4, height] as const;
    warned = turbo.tjDecompress2(decompressor, input, file.length, output, ...size, format, 0) !== 0;
  } catch (cause) {
    throw broken(cause);
  }
  const values = new Uint8Array(memory.buffer).slice(output, output + byteLength);
  turbo.free(output);
  turbo.free(input);
  turbo.tjDestroy(decompressor);
  if (memory.buffer.byteLength <= KEPT_BYTES) idle = turbo;
  return { values, warned };
}
