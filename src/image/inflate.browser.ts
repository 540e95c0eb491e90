import { Inflate as Inflater } from 'fflate';
import { adler32 } from '../base/adler32.ts';
import type { Inflate } from './png-text.ts';

/**
 * Unpacks zlib data as they come. WebKit's stream fails if something follows the data, and gives nothing of what it has
 * read. Where the browser's stream fails, fflate goes on from there: it gives all that can be read, and then fails too.
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

/** Data are unpacked in parts of this size, so that the result is never held all at once. */
const PART_BYTES = 1 << 16;

/** The state of fflate's stream: what it has not read (from bit `s.p` on), and whether the last block has ended. */
interface State {
  p: Uint8Array;
  s: { p: number; f?: number; l?: unknown };
}

function* inflated(parts: Uint8Array[]): Generator<Uint8Array, void> {
  let chunks: Uint8Array[] = [];
  let sum = 1;
  // It is never told that the data end, so it gives what it can of cut data.
  const inflater = new Inflater((chunk) => {
    chunks.push(chunk);
    sum = adler32(chunk, sum);
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
        // The checksum follows at the next whole byte. If it is cut off, nothing is compared. If it is wrong, so is what
        // came before; the last part of that is held here.
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
