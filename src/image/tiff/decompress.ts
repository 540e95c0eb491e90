import { unzlibSync } from 'fflate';
import { adler32 } from '../../base/adler32.ts';
import { unpackLzw } from '../lzw.ts';
import { broken, truncated } from './broken.ts';

const short = (what: string, got: number, wanted: number) =>
  truncated(`its ${what} data give ${got} of ${wanted} bytes`);

/**
 * LZW with codes of 9 to 12 bits: highest bit first, as TIFF has it since version 5, or lowest first, as before.
 *
 * @param wanted how many bytes to unpack; what follows is left
 */
export function decodeLzw(data: Uint8Array, wanted: number): Uint8Array {
  const out = new Uint8Array(wanted);
  // The clear code at the start tells them apart.
  const lowestFirst = data[0] === 0 && (data[1]! & 1) === 1;
  if (data.length > 1 && !lowestFirst && !(data[0] === 0x80 && data[1]! < 0x80))
    throw broken('LZW data do not begin with a clear code');
  const codes = { symbolBits: 8, lowestFirst, early: lowestFirst ? 0 : 1 } as const;
  const given = unpackLzw(data, out, codes, () => broken('LZW data have an unknown code'));
  if (given < wanted) throw short('LZW', given, wanted);
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
