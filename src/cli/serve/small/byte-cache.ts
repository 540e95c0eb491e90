/** What an entry takes besides its bytes. */
const overhead = 500;

/** Byte strings by key, the last used ones: as many as fit. `undefined` is kept, too. */
export class ByteCache {
  readonly #maxBytes: number;
  /** The last used is the last. */
  readonly #entries = new Map<string, Uint8Array | undefined>();
  #byteLength = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** In an object, as nothing may be what is kept. */
  get(key: string): { bytes: Uint8Array | undefined } | undefined {
    if (!this.#entries.has(key)) return undefined;
    const bytes = this.#entries.get(key);
    this.#entries.delete(key);
    this.#entries.set(key, bytes);
    return { bytes };
  }

  set(key: string, bytes: Uint8Array | undefined): void {
    this.#delete(key);
    this.#entries.set(key, bytes);
    this.#byteLength += sizeOf(bytes);
    for (const oldest of this.#entries.keys()) {
      if (this.#byteLength <= this.#maxBytes) break;
      this.#delete(oldest);
    }
  }

  #delete(key: string): void {
    if (!this.#entries.has(key)) return;
    this.#byteLength -= sizeOf(this.#entries.get(key));
    this.#entries.delete(key);
  }
}

const sizeOf = (bytes: Uint8Array | undefined): number => overhead + (bytes?.length ?? 0);
