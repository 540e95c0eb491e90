import { unzlibSync } from 'fflate';
import { broken, truncated } from './broken.ts';

const CLEAR = 256;
const END = 257;
const CODES = 4096;

const short = (what: string, got: number, wanted: number) =>
  truncated(`its ${what} data give ${got} of ${wanted} bytes`);

/**
 * LZW with codes of 9 to 12 bits: highest bit first, as TIFF has it since version 5, or lowest first, as before.
 *
 * @param wanted how many bytes to unpack; what follows is left
 */
export function decodeLzw(data: Uint8Array, wanted: number): Uint8Array {
  // The string of a code is one before it and the byte after that: it lies in the output already.
  const start = new Uint32Array(CODES);
  const length = new Uint16Array(CODES);
  const out = new Uint8Array(wanted);
  let to = 0;
  let next = 258;
  let width = 9;
  let previous = -1;
  let wasStarted = false;
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  // The clear code at the start tells them apart.
  const lowestFirst = data[0] === 0 && (data[1]! & 1) === 1;
  const early = lowestFirst ? 0 : 1;
  while (to < wanted) {
    while (pendingBits < width) {
      if (at >= data.length) throw short('LZW', to, wanted);
      pending = lowestFirst ? pending | (data[at++]! << pendingBits) : ((pending & 0xfff) << 8) | data[at++]!;
      pendingBits += 8;
    }
    pendingBits -= width;
    const code = (lowestFirst ? pending : pending >> pendingBits) & ((1 << width) - 1);
    if (lowestFirst) pending >>= width;
    if (code === END) throw short('LZW', to, wanted);
    if (code === CLEAR) {
      next = 258;
      width = 9;
      previous = -1;
      wasStarted = true;
      continue;
    }
    if (!wasStarted) throw broken('LZW data do not begin with a clear code');
    const isRepeat = previous >= 0 && code === next;
    if (code >= 256 && !isRepeat && (previous < 0 || code >= next))
      throw broken('LZW data have an unknown code');
    const from = to;
    const previousLength = previous >= 256 ? length[previous]! : 1;
    if (code < 256) out[to++] = code;
    else {
      const first = isRepeat ? from - previousLength : start[code]!;
      const count = isRepeat ? previousLength + 1 : length[code]!;
      // Byte by byte: a repeat reads what it has just written.
      for (let i = 0; i < count && to < wanted; i++) out[to++] = out[first + i]!;
    }
    if (previous >= 0) {
      if (next < CODES) {
        start[next] = from - previousLength;
        length[next] = previousLength + 1;
      }
      next++;
      // Since version 5 the width grows one code early.
      if (next >= (1 << width) - early && width < 12) width++;
    }
    previous = code;
  }
  return out;
}

/** Apple's run lengths. What follows the bytes that are wanted is left. */
export function decodePackBits(data: Uint8Array, wanted: number): Uint8Array {
  const out = new Uint8Array(wanted);
  let to = 0;
  for (let at = 0; to < wanted; ) {
    const control = data[at++];
    if (control === undefined) throw short('PackBits', to, wanted);
    if (control === 128) continue;
    const count = control < 128 ? control + 1 : 257 - control;
    const bytes = control < 128 ? count : 1;
    if (at + bytes > data.length) throw short('PackBits', to, wanted);
    const end = Math.min(to + count, wanted);
    if (control < 128) out.set(data.subarray(at, at + end - to), to);
    else out.fill(data[at]!, to, end);
    to = end;
    at += bytes;
  }
  return out;
}

function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length; ) {
    // As many as fit before the sums outgrow 32 bits.
    const end = Math.min(at + 3800, bytes.length);
    for (; at < end; at++) {
      a += bytes[at]!;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/**
 * Zlib data.
 *
 * @param capacity bytes that there may be at most: a last strip sometimes holds all lines of a full one
 * @returns at least `wanted` bytes
 */
export function decodeDeflate(data: Uint8Array, wanted: number, capacity: number): Uint8Array {
  let out: Uint8Array;
  try {
    // A byte more tells data that are too long.
    out = unzlibSync(data, { out: new Uint8Array(capacity + 1) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw broken(`its deflate data are cut off or damaged (${reason})`);
  }
  if (out.length > capacity) throw broken(`its deflate data give more than ${capacity} bytes`);
  if (out.length < wanted) throw short('deflate', out.length, wanted);
  // The checksum ends the data; some writers fill up to an even length or a word.
  const sum = adler32(out);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let padding = 0; padding < 4 && padding + 6 <= data.length; padding++)
    if (view.getUint32(data.length - 4 - padding) === sum) return out;
  throw broken('its deflate data do not match their checksum');
}
