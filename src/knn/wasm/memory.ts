import { LikenessError } from '../../base/errors.ts';

const pageBytes = 65536;
/** What a WebAssembly memory can address. */
export const maxMemoryBytes: number = 2 ** 32;

/** A memory that grows in place: engines reserve its addresses when a maximum is given. */
export function createMemory(shared = false): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: maxMemoryBytes / pageBytes, shared });
}

/** How memories are laid out for the threads that share them: each thread has scratch of its own, before the rows. */
export interface Layout {
  /** Bytes of one memory. */
  maxBytes: number;
  threads: number;
  /** Which of them this is. */
  thread: number;
}

export const oneThread: Layout = { maxBytes: maxMemoryBytes, threads: 1, thread: 0 };

/** Items of equal size, e.g. rows, in as many memories as they need: adding some never moves the others. */
export class Memories<Kernel extends { memory: WebAssembly.Memory }> {
  /** Kernel m is over memory m, which holds items m·perMemory and up. */
  readonly kernels: Kernel[];
  readonly perMemory: number;
  readonly #create: () => Kernel;
  readonly #start: number;
  readonly #itemBytes: number;
  readonly #maxBytes: number;

  /**
   * @param create gives a kernel over a new memory
   * @param start where items begin in each memory
   * @param kernels over memories that another thread fills
   */
  constructor(
    create: () => Kernel,
    { start, itemBytes, maxBytes }: { start: number; itemBytes: number; maxBytes: number },
    kernels: Kernel[] = [],
  ) {
    this.kernels = kernels;
    this.#create = create;
    this.#start = start;
    this.#itemBytes = itemBytes;
    this.#maxBytes = maxBytes;
    this.perMemory = Math.max(1, Math.floor((maxBytes - start) / itemBytes));
  }

  /** The kernel over an item's memory, and the byte at which the item begins there. */
  place(item: number): { kernel: Kernel; at: number } {
    return {
      kernel: this.kernels[Math.floor(item / this.perMemory)]!,
      at: this.#start + (item % this.perMemory) * this.#itemBytes,
    };
  }

  /**
   * Makes room for so many items. Where there is none, nothing is added.
   *
   * @param what they are, for the message
   * @throws LikenessError `out-of-memory`
   */
  reserve(items: number, what: string): void {
    const present = this.kernels.length;
    try {
      for (let m = 0; m * this.perMemory < items; m++) {
        const held = Math.min(this.perMemory, items - m * this.perMemory);
        this.kernels[m] ??= this.#create();
        grow(this.kernels[m]!.memory, this.#start + held * this.#itemBytes, this.#maxBytes);
      }
    } catch (cause) {
      this.kernels.length = present;
      throw new LikenessError(
        'out-of-memory',
        `${what} do not fit into this device's memory; nothing was added. Keep fewer rows in this index, or the full rows outside of it (the option \`rows\`).`,
        { cause },
      );
    }
  }
}

/** Makes a memory at least `wanted` bytes long, and a quarter longer than it was: adding row by row seldom grows it. */
function grow(memory: WebAssembly.Memory, wanted: number, max: number): void {
  const present = memory.buffer.byteLength;
  if (wanted <= present) return;
  const pages = (bytes: number): number => Math.ceil((bytes - present) / pageBytes);
  try {
    memory.grow(pages(Math.min(Math.max(wanted, present * 1.25), Math.max(max, wanted))));
  } catch {
    memory.grow(pages(wanted)); // the engine has not that much; the exact need may still fit
  }
}

/** `bytes` rounded up to a multiple of `to`. */
export function align(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}
