import { Inflate as Inflater } from 'fflate';
import type { Inflate } from './png-text.ts';

/**
 * Unpacks zlib data as they come. WebKit's own stream fails on what follows them, and gives nothing of what it had read:
 * where the browser's stream fails, ours goes on from there. It gives all that can be read, and then fails as well.
 */
export const inflate: Inflate = async function* (parts) {
  let given = 0;
  try {
    for await (const chunk of nativelyInflated(parts)) {
      given += chunk.length;
      yield chunk;
    }
  } catch {
    for (const chunk of inflated(parts)) {
      if (chunk.length > given) yield chunk.subarray(given);
      given = Math.max(0, given - chunk.length);
    }
  }
};

async function* nativelyInflated(parts: Uint8Array<ArrayBuffer>[]): AsyncGenerator<Uint8Array, void> {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate'));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A pause between parts of this size: what it unpacks is not held all at once. */
const PART_BYTES = 1 << 16;

/** Of fflate's stream: what it has not read (from bit `s.p` on), and whether the last block has ended. */
interface State {
  p: Uint8Array;
  s: { p: number; f?: number; l?: unknown };
}

function* inflated(parts: Uint8Array[]): Generator<Uint8Array, void> {
  let chunks: Uint8Array[] = [];
  let sum = 1;
  // Never told that it has come to the end, it gives what it can of data that are cut.
  const inflater = new Inflater((chunk) => {
    chunks.push(chunk);
    sum = adler32(sum, chunk);
  });
  const state = inflater as unknown as State;
  const header: number[] = [];
  for (const part of parts) {
    let at = 0;
    while (header.length < 2 && at < part.length) header.push(part[at++]!);
    if (header.length < 2) continue;
    const [method, check] = header as [number, number];
    if ((method & 15) !== 8 || ((method << 8) | check) % 31 !== 0 || check & 32)
      throw new Error('no zlib header');
    for (; at < part.length; at += PART_BYTES) {
      inflater.push(part.subarray(at, at + PART_BYTES));
      const { p, s } = state;
      if (s.f && !s.l) {
        // The checksum follows in the next whole byte. Where it is cut off there is nothing to compare; a wrong one says
        // that what came before is wrong, of which the last part is held here.
        const from = s.p > 0 ? 1 : 0;
        if (p.length < from + 4) continue;
        const wanted = new DataView(p.buffer, p.byteOffset + from).getUint32(0);
        if (wanted !== sum) throw new Error('wrong checksum');
        yield* chunks;
        return;
      }
      yield* chunks;
      chunks = [];
    }
  }
  yield* chunks;
}

/** Adler-32 of what `sum` is of, and of `bytes` behind it. */
function adler32(sum: number, bytes: Uint8Array): number {
  let a = sum & 0xffff;
  let b = sum >>> 16;
  for (let at = 0; at < bytes.length; ) {
    // So many can be added before 32 bits are full.
    const end = Math.min(at + 2654, bytes.length);
    for (; at < end; at++) b += a += bytes[at]!;
    a %= 65521;
    b %= 65521;
  }
  return ((b << 16) | a) >>> 0;
}
