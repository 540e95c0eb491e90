import { copyParts, totalLength } from '../../base/bytes.ts';
import { LikenessError } from '../../base/errors.ts';
import type { StoreLock } from '../../base/lock.ts';
import type { Store, StoredFile } from '../format/files.ts';

/** Files in memory: for tests, and for indexes that are exported or thrown away. */
export class MemoryStore implements Store {
  readonly name: string;
  readonly readOnly = false;
  readonly warnings: readonly string[];
  readonly files: Map<string, Uint8Array<ArrayBuffer>> = new Map();
  #locked = false;

  constructor(name = 'memory', warnings: readonly string[] = []) {
    this.name = name;
    this.warnings = warnings;
  }

  async list(): Promise<{ name: string; byteLength: number }[]> {
    return [...this.files].map(([name, { length }]) => ({ name, byteLength: length }));
  }

  async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    if (mode === 'create') this.files.set(name, new Uint8Array(0));
    if (!this.files.has(name)) throw new LikenessError('not-found', `There is no ${name} in ${this.name}.`);
    return new MemoryFile(this.files, name);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  async lock(): Promise<StoreLock | undefined> {
    if (this.#locked) return undefined;
    this.#locked = true;
    const release = async (): Promise<void> => {
      this.#locked = false;
    };
    return { check: async () => {}, release };
  }
}

class MemoryFile implements StoredFile {
  readonly #files: Map<string, Uint8Array<ArrayBuffer>>;
  readonly #name: string;

  constructor(files: Map<string, Uint8Array<ArrayBuffer>>, name: string) {
    this.#files = files;
    this.#name = name;
  }

  get #bytes(): Uint8Array<ArrayBuffer> {
    const bytes = this.#files.get(this.#name);
    if (!bytes) throw new LikenessError('not-found', `${this.#name} was removed.`);
    return bytes;
  }

  async size(): Promise<number> {
    return this.#bytes.length;
  }

  async read(at: number, into: Uint8Array): Promise<number> {
    const part = this.#bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }

  async write(at: number, parts: readonly Uint8Array[]): Promise<void> {
    const end = at + totalLength(parts);
    if (end > this.#bytes.length) this.#resize(end);
    copyParts(parts, this.#bytes, at);
  }

  async truncate(size: number): Promise<void> {
    if (size < this.#bytes.length) this.#files.set(this.#name, this.#bytes.slice(0, size));
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}

  /** The buffer grows in place, with room to spare. */
  #resize(length: number): void {
    const { buffer } = this.#bytes;
    if (buffer.resizable && buffer.maxByteLength >= length) {
      buffer.resize(length);
      return;
    }
    const grown = new Uint8Array(new ArrayBuffer(length, { maxByteLength: Math.max(2 * length, 1 << 16) }));
    grown.set(this.#bytes);
    this.#files.set(this.#name, grown);
  }
}
