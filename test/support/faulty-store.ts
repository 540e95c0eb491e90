import type { StoreLock } from '../../src/base/lock.ts';
import type { Store, StoredFile } from '../../src/store/format/files.ts';
import { MemoryStore } from '../../src/store/media/store.memory.ts';
import { seeded } from './random.ts';

export type Fault = 'short' | 'ENOSPC' | 'EIO' | 'QuotaExceededError';

const faultError = (fault: Fault): Error =>
  fault === 'QuotaExceededError'
    ? new DOMException('the quota', fault)
    : Object.assign(new Error(fault), { code: fault === 'short' ? 'EIO' : fault });

interface Unsynced {
  at: number;
  bytes: Uint8Array;
}

/**
 * Files in memory that fail at the n-th change, once or from then on, and that can lose what was not synced as a
 * machine that loses its power does: sector by sector.
 */
export class FaultyStore implements Store {
  readonly name = 'faulty';
  readonly readOnly = false;
  readonly #now: MemoryStore = new MemoryStore();
  readonly #synced = new Map<string, Uint8Array>();
  readonly #unsynced = new Map<string, Unsynced[]>();
  readonly #fault: { at: number; kind: Fault; forever: boolean } | undefined;
  /** Changes so far: writes, truncations, syncs, new files, removals. */
  changes = 0;

  constructor(fault?: { at: number; kind: Fault; forever: boolean }) {
    this.#fault = fault;
  }

  list(): Promise<{ name: string; byteLength: number }[]> {
    return this.#now.list();
  }

  async open(name: string, mode: 'read' | 'write' | 'create'): Promise<StoredFile> {
    if (mode === 'create') {
      this.#step();
      this.#unsynced.set(name, []);
    }
    const file = await this.#now.open(name, mode);
    return {
      size: () => file.size(),
      read: (at, into) => file.read(at, into),
      close: () => file.close(),
      write: async (at, parts) => {
        const bytes = concatenated(parts);
        const fails = this.#fails();
        const written = fails ? bytes.subarray(0, fails === 'short' ? bytes.length >> 1 : 0) : bytes;
        this.#note(name, { at, bytes: written });
        await file.write(at, [written]);
        if (fails) throw faultError(fails);
      },
      truncate: async (size) => {
        this.#step();
        await file.truncate(size);
      },
      sync: async () => {
        this.#step();
        this.#synced.set(name, this.#now.files.get(name)!.slice());
        this.#unsynced.set(name, []);
      },
    };
  }

  async remove(name: string): Promise<void> {
    this.#step();
    this.#synced.delete(name);
    this.#unsynced.delete(name);
    await this.#now.remove(name);
  }

  lock(): Promise<StoreLock | undefined> {
    return this.#now.lock();
  }

  /** What is there for the next process: all that was written, nothing of it kept back by the system. */
  survivors(): MemoryStore {
    const store = new MemoryStore();
    for (const [name, bytes] of this.#now.files) store.files.set(name, bytes.slice());
    return store;
  }

  /** What is there after a power cut: what was synced, and of the rest some sectors. */
  afterPowerCut(seed: number): MemoryStore {
    const random = seeded(seed);
    const store = new MemoryStore();
    const names = new Set([...this.#synced.keys(), ...this.#unsynced.keys()]);
    for (const name of names) {
      const synced = this.#synced.get(name);
      const unsynced = this.#unsynced.get(name) ?? [];
      if (!synced && random() < 0.5) continue;
      const ends = unsynced.map(({ at, bytes }) => at + bytes.length);
      const bytes = new Uint8Array(Math.max(synced?.length ?? 0, ...ends));
      if (synced) bytes.set(synced);
      /** As far as anything of it reached the medium. */
      let length = synced?.length ?? 0;
      for (const { at, bytes: written } of unsynced) {
        for (let from = 0; from < written.length; ) {
          const to = Math.min(written.length, (Math.floor((at + from) / 512) + 1) * 512 - at);
          if (random() < 0.5) {
            bytes.set(written.subarray(from, to), at + from);
            length = Math.max(length, at + to);
          }
          from = to;
        }
      }
      store.files.set(name, bytes.slice(0, length));
    }
    return store;
  }

  #note(name: string, write: Unsynced): void {
    const list = this.#unsynced.get(name) ?? [];
    list.push(write);
    this.#unsynced.set(name, list);
  }

  /** Counts a change; the fault, if it is this one's turn. */
  #fails(): Fault | undefined {
    const n = ++this.changes;
    const fault = this.#fault;
    if (!fault) return undefined;
    return n === fault.at || (fault.forever && n > fault.at) ? fault.kind : undefined;
  }

  #step(): void {
    const fault = this.#fails();
    if (fault) throw faultError(fault);
  }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
