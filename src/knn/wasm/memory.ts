import { LikenessError } from '../../base/errors.ts';

const pageBytes = 65536;
/** What a WebAssembly memory can address. */
export const maxMemoryBytes: number = 2 ** 32;

/** A memory that grows in place: engines reserve its addresses when a maximum is given. */
export function createMemory(shared = false): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: maxMemoryBytes / pageBytes, shared });
}

/** How memories are laid out for the threads that share them: each has scratch of its own, before the rows. */
export interface Layout {
  /** Bytes of one memory. */
  maxBytes: number;
  threads: number;
  /** Which of them this is. */
  thread: number;
}

export const oneThread: Layout = { maxBytes: maxMemoryBytes, threads: 1, thread: 0 };

/**
 * Makes a memory at least `wanted` bytes long, and a quarter longer than it was, so that adding row by row grows it
 * seldom.
 *
 * @param what that is for, in the error's words
 * @param max bytes that the memory may have
 * @throws LikenessError `bad-argument`
 */
export function reserve(memory: WebAssembly.Memory, wanted: number, what: string, max: number): void {
  const present = memory.buffer.byteLength;
  if (wanted <= present) return;
  const generous = Math.min(Math.max(wanted, present * 1.25), Math.max(max, wanted));
  for (const bytes of [generous, wanted]) {
    try {
      memory.grow(Math.ceil((bytes - present) / pageBytes));
      return;
    } catch {
      // The engine has not that much; the exact need may still fit.
    }
  }
  throw new LikenessError(
    'out-of-memory',
    `${what} do not fit into this device's memory; nothing was added. Keep fewer rows in this index, or the full rows outside of it (the option \`rows\`).`,
  );
}

/** `bytes` rounded up to a multiple of `to`. */
export function align(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}
