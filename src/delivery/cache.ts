import type { RandomAccess } from '../base/random-access.ts';

/** What is stored of a file: a Blob where it may have to be posted, in pages. */
export type StoredBytes = Blob | RandomAccess;

/** Where the files of models are kept: by their sha256, so that what models have in common is there once. */
export interface ShardCache<Bytes extends StoredBytes = Blob> {
  readonly kind: 'opfs' | 'indexeddb' | 'folder' | 'memory';
  /** Bytes of a file that are here, from its start; fewer than it has when a download was cut. */
  stored(sha256: string): Promise<number>;
  /**
   * Opens a file to be continued after what is stored. In OPFS this works in workers only, and one writer at a time.
   *
   * @param from bytes that were stored when the caller looked
   */
  append(sha256: string, from: number): Promise<ShardWriter>;
  /** What is stored of a file: on disk, unless the cache is memory. */
  blob(sha256: string): Promise<Bytes>;
  /** The sha256 of what is stored, computed anew. */
  digest(sha256: string, onBytes: (count: number) => void): Promise<string>;
  remove(sha256: string): Promise<void>;
  /** All that is stored: sizes by sha256. */
  sizes(): Promise<Map<string, number>>;

  /** Records of models: a text for a key of letters, digits and hyphens. */
  readRecord(key: string): Promise<string | undefined>;
  writeRecord(key: string, text: string): Promise<void>;
  removeRecord(key: string): Promise<void>;
  recordKeys(): Promise<string[]>;
}

export interface ShardWriter {
  /** Appends. Takes the bytes over: their memory may be freed. Rejects when the storage is full; what was appended before stays. */
  write(bytes: Uint8Array): Promise<void>;
  /** What was written is stored from then on, even if the file is not whole. */
  close(): Promise<void>;
}
