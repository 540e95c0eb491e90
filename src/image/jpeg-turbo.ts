import bytes from '#wasm/jpeg-turbo.wasm';
import { LikenessError } from '../errors.ts';
import { once } from '../once.ts';

// CMYK JPEG files. Browsers turn them into RGB before anybody can see the ink; Pillow resizes the ink. So libjpeg-turbo
// itself decodes them, as WebAssembly, on every platform; this file and its 140 kB are loaded when one comes.

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
    // Its way out of an error is a jump over C's stack, for which an exception does; what it held is lost with it.
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
 * @returns `width * height * 4` bytes: C, M, Y, K, 255 for full ink. As in Pillow, the file is taken to hold the
 *   opposite, which Adobe's convention is
 * @throws LikenessError `bad-image`
 */
export async function decodeCmykJpeg(file: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const turbo = await instantiate();
  const byteLength = width * height * 4;
  let decompressor: number;
  let input: number;
  let output: number;
  try {
    decompressor = turbo.tjInitDecompress();
    input = turbo.malloc(file.length);
    output = turbo.malloc(byteLength);
    if (!(decompressor && input && output)) throw new Error('no memory');
    new Uint8Array(turbo.memory.buffer, input, file.length).set(file);
    const failed = turbo.tjDecompress2(
      decompressor,
      input,
      file.length,
      output,
      width,
      width * 4,
      height,
      TJPF_CMYK,
      0,
    );
    // Of damaged data it makes something, but not what Pillow's libjpeg-turbo makes, which computes with saturation.
    if (failed) throw new Error('its data are damaged');
  } catch (cause) {
    throw new LikenessError('bad-image', 'broken JPEG: its data are damaged, or too large for the memory', {
      cause,
    });
  }
  const ink = new Uint8Array(turbo.memory.buffer).slice(output, output + byteLength);
  for (let i = 0; i < ink.length; i++) ink[i]! ^= 255;
  turbo.free(output);
  turbo.free(input);
  turbo.tjDestroy(decompressor);
  if (turbo.memory.buffer.byteLength <= KEPT_BYTES) idle = turbo;
  return ink;
}
